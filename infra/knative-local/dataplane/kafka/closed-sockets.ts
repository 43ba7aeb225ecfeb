// The sockets that kafkajs keeps of connections to a broker that is down.
import type { Socket } from 'node:net'

/** kafkajs/src/network/connection.js */
export interface Connection {
  readonly socket?: Socket
  connect(): Promise<unknown>
  disconnect(): Promise<unknown>
}

/**
 * Of every connection, by what they are made from. After each try that fails kafkajs lets go of both sockets that it had to the
 * broker, whether or not they are closed already. To be let go, a socket that is closed waits for the `connect` that comes next
 * (net.Socket.unref), and none comes: a listener more for each try, for as long as the broker is down.
 */
export function leaveClosedSockets(connection: Connection): void {
  const { connect } = connection
  connection.connect = function () {
    const connecting = connect.call(this)
    if (this.socket && !Object.hasOwn(this.socket, 'unref')) leaveOnceClosed(this.socket)
    return connecting
  }
}

function leaveOnceClosed(socket: Socket): void {
  const { unref } = socket
  socket.unref = () => (socket.destroyed ? socket : unref.call(socket))
}
