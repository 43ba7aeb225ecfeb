// GET /status on loopback, for the local runtime and for people with curl.
import { createServer } from 'node:http'
import { listenOnLoopback } from './loopback.ts'
import type { DataPlaneStatus } from './status.ts'

export interface StatusServer {
  readonly port: number
  close(): Promise<void>
}

export async function serveStatus(port: number, status: () => DataPlaneStatus): Promise<StatusServer> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/status') response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status()))
  })
  return {
    port: await listenOnLoopback(server, port, '--status-port'),
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    }
  }
}
