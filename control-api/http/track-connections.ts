import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** Connections of a server, to end those that nobody asks anything on. */
export interface ConnectionTracker {
  /**
   * Ends connections without a running request, also those that never carried one: clients open such in advance, and
   * `server.closeIdleConnections()` leaves them, so that they would hold up a stop.
   */
  closeSilent(): void
}

export function trackConnections(server: Server): ConnectionTracker {
  const open = new Set<Socket>()
  const running = new Map<Socket, number>()
  const remember = (socket: Socket): void => {
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      running.delete(socket)
    })
  }
  // Over TLS a request belongs to the socket inside, not to the one that carries it.
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', remember)
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    running.set(socket, (running.get(socket) ?? 0) + 1)
    response.once('close', () => running.set(socket, (running.get(socket) ?? 1) - 1))
  })
  return {
    closeSilent() {
      for (const socket of open) if ((running.get(socket) ?? 0) <= 0) socket.destroy()
    },
  }
}
