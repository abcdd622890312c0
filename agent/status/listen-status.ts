import { chmod } from 'node:fs/promises'
import type { Block } from '../../rules/addresses/block.ts'
import type { LoopbackAddress } from '../config/loopback.ts'
import type { WhyAnswer } from '../why/why-answer.ts'
import type { AgentStatus } from './agent-status.ts'
import { isAnswered } from './is-answered.ts'
import { removeStaleSocket } from './remove-stale-socket.ts'
import { StatusError } from './status-error.ts'
import { createStatusServer } from './status-server.ts'

const SOCKET_MODE = 0o660

export interface ListeningStatus extends AsyncDisposable {
  /** URL of the loopback listener, where there is one. */
  readonly url: string | undefined
}

/**
 * Offers the status on a unix socket and, if asked to, on loopback. The socket also keeps a second agent from starting: two would write to one kernel.
 * @throws StatusError SOCKET_IN_USE, SOCKET_UNUSABLE
 */
export async function listenStatus(
  read: () => AgentStatus,
  socketPath: string,
  loopback: LoopbackAddress | undefined,
  why?: (source: Block) => WhyAnswer,
): Promise<ListeningStatus> {
  if (await isAnswered(socketPath))
    throw new StatusError('SOCKET_IN_USE', `Cannot start: another agent answers on ${JSON.stringify(socketPath)}`)
  const onSocket = createStatusServer({ read, place: 'socket', ...(why === undefined ? {} : { why }) })
  const onLoopback = createStatusServer({ read, place: 'loopback', ...(why === undefined ? {} : { why }) })
  const closeAll = async (): Promise<void> => {
    await Promise.all([onSocket.close(), onLoopback.close()])
  }
  try {
    await removeStaleSocket(socketPath)
    await onSocket.listen({ path: socketPath })
    await chmod(socketPath, SOCKET_MODE)
    const url = loopback === undefined ? undefined : await onLoopback.listen(loopback)
    return { url, [Symbol.asyncDispose]: closeAll }
  } catch (cause) {
    await closeAll()
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StatusError('SOCKET_UNUSABLE', `Cannot offer the status on ${JSON.stringify(socketPath)}: ${reason}`, { cause })
  }
}
