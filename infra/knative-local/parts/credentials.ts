// The user and password of a part whose port asks for them; made at each start, and known to who can read endpoints.json.
import { randomBytes } from 'node:crypto'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export function newCredentials(username: string): Credentials {
  return { username, password: randomBytes(18).toString('base64url') }
}

/** https://www.rfc-editor.org/rfc/rfc7617 */
export function authorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** The address with its credentials, for a program that takes both in one variable. */
export function withCredentials(url: string, { username, password }: Credentials): string {
  return Object.assign(new URL(url), { username, password }).href.replace(/\/$/, '')
}
