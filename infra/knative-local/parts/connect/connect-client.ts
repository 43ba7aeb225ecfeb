// Kafka Connect's REST: https://kafka.apache.org/documentation/#connect_rest
// Whoever may use it may run any query on the database, so it asks for a password that is made at each start.

import { authorization, type Credentials } from '../credentials.ts'

/** As in endpoints.json. */
export interface ConnectAddress extends Credentials {
  readonly url: string
}

export interface ConnectRequest {
  readonly method?: string
  readonly body?: unknown
  readonly timeoutMs?: number
}

/** Sends one request; `path` begins with a slash. What the worker answers is the caller's to read. */
export function askConnect(
  { url, ...credentials }: ConnectAddress,
  path: string,
  { method = 'GET', body, timeoutMs = 20_000 }: ConnectRequest = {}
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: authorization(credentials),
      'content-type': 'application/json'
    },
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
}

/** @returns what its JSON says. @throws with what it answered in place of a success */
export async function requestConnect(
  address: ConnectAddress,
  method: string,
  path: string,
  body?: unknown
): Promise<unknown> {
  const response = await askConnect(address, path, { method, body })
  const text = await response.text()
  if (!response.ok) throw new Error(`Connect answered ${response.status} to ${method} ${path}: ${text.slice(0, 500)}`)
  return text === '' ? undefined : JSON.parse(text)
}
