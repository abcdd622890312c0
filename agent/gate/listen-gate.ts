import { chmod, lstat, stat } from 'node:fs/promises'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import { isAnswered } from '../status/is-answered.ts'
import { removeStaleSocket } from '../status/remove-stale-socket.ts'
import { socketAdvice } from '../status/socket-advice.ts'
import { EdgeGateError } from './edge-gate-error.ts'

/** When the gate closes, questions that have begun to come have so long to be asked and answered. */
const DRAIN_MS = 1_000
const FOLDER_ADVICE =
  'systemd-tmpfiles --create edgeward-proxies.conf makes it, edgeward-watch:<group of the proxy> 2750 (docs/gate.md)'

/** The socket of the gate, where proxies find it. */
export interface ListeningGate extends AsyncDisposable {
  /** Number of the group that may enter, beside `mode`. */
  readonly group: number
  /** False where the file is gone or is another one: nobody finds the gate any more. */
  isFound(): Promise<boolean>
}

/** Listens on the unix socket. @throws EdgeGateError GATE_SOCKET_IN_USE, GATE_SOCKET_UNUSABLE */
export async function listenGate(server: Server, path: string, mode: number): Promise<ListeningGate> {
  if (await isAnswered(path))
    throw new EdgeGateError(
      'GATE_SOCKET_IN_USE',
      `Cannot open the gate: another one answers on ${JSON.stringify(path)}; end it, and this one opens within seconds`,
    )
  try {
    await stat(dirname(path))
    await removeStaleSocket(path)
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    server.once('error', reject)
    server.listen({ path, backlog: 4096 }, () => resolve(undefined))
    await promise
    server.off('error', reject)
    await chmod(path, mode)
    const { dev, ino, gid } = await lstat(path)
    return {
      group: gid,
      async isFound() {
        const now = await lstat(path).catch(() => undefined) // Gone, or its folder is.
        return now?.ino === ino && now.dev === dev
      },
      [Symbol.asyncDispose]: () => close(server),
    }
  } catch (cause) {
    server.close()
    const reason = socketAdvice(path, cause, FOLDER_ADVICE)
    throw new EdgeGateError('GATE_SOCKET_UNUSABLE', `Cannot listen on ${JSON.stringify(path)}: ${reason}`, { cause })
  }
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  // Ends connections on which nothing is asked; nobody else is let in.
  server.close(() => resolve(undefined))
  const limit = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await promise
  clearTimeout(limit)
}
