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
