// fetch takes no user and password in an address, though configuration often has them there; here they become a header.

/** As fetch, for an address that may hold a user and a password. */
export function fetchWithCredentials(address: string | URL, init: RequestInit = {}): Promise<Response> {
  const url = new URL(address)
  const { username, password } = url
  if (username === '') return fetch(url, init)
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers = new Headers(init.headers)
  headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`)
  return fetch(withoutCredentials(url), { ...init, headers })
}

/** The address as it may be shown and stored. */
export function withoutCredentials(address: string | URL): string {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.href
}
