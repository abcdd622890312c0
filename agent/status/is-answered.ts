import { connect } from 'node:net'

/**
 * True where somebody accepts connections on the unix socket, or has so many waiting that no more find room (`EAGAIN`, connect(2)); a socket file left by a crash
 * refuses them.
 */
export function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'))
  })
}
