import { request } from 'node:http'
import type { Exchange } from './recordings.ts'

/** Sends a recorded request and resolves with the status of the answer. */
export function send(port: number, { method, path, headers, body }: Exchange): Promise<number> {
  return new Promise((resolve, reject) => {
    const message = request(
      { port, host: '127.0.0.1', method, path, headers: Object.fromEntries(headers) },
      response => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      }
    )
    message.on('error', reject)
    message.end(body)
  })
}
