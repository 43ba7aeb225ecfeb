// Servers listen on this machine only.
import type { Server } from 'node:net'

/** Resolves with the port, which is a free one when 0 is asked for. `option` is what a person changes when the port is taken. */
export async function listenOnLoopback(server: Server, port = 0, option = 'another port'): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use. Give another one: ${option} N`) : error)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
