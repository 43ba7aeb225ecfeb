// GET and HEAD of /status on loopback, for the local runtime and for people with curl.
import { createServer } from 'node:http'
import { guarded } from '../../http/guard.ts'
import { listenOnLoopback } from '../../http/loopback.ts'
import { requestPath } from '../../http/request-path.ts'
import type { DataPlaneStatus } from './status.ts'

export interface StatusServer {
  readonly port: number
  close(): Promise<void>
}

export async function serveStatus(port: number, status: () => DataPlaneStatus): Promise<StatusServer> {
  const server = createServer(
    guarded([], (request, response) => {
      if (requestPath(request.url) !== '/status') response.writeHead(404, { 'content-length': 0 }).end()
      else if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { allow: 'GET, HEAD', 'content-length': 0 }).end()
      } else {
        const body = Buffer.from(JSON.stringify(status()))
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
      }
    })
  )
  return {
    port: await listenOnLoopback(server, port, '--status-port'),
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    }
  }
}
