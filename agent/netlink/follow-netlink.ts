import { closeSync, readSync } from 'node:fs'
import type { Timers } from '../time/timers.ts'
import { NetlinkError } from './netlink-error.ts'
import { type OpenNetlink, WAKE_SIGNAL } from './open-netlink.ts'

export interface NetlinkFollower {
  /** Messages of the kernel, whole ones; the bytes are another's after it has returned. */
  onMessages(bytes: Buffer): void
  /** The kernel had more to tell than the socket could hold. */
  onLost(): void
}

export interface FollowNetlinkOptions {
  readonly timers: Timers
  readonly signal: AbortSignal
}

/** The kernel cuts what it tells into pieces of 8 KiB or, where one message is larger, that one; an attribute holds 64 KiB at most. */
const READ_BYTES = 128 * 1024
/** Then other work has its turn: a load of a million elements is 18,000 pieces. */
const READS_A_TURN = 256
/** Should a signal ever go missing, nothing waits longer than that. */
const READ_ANYWAY_MS = 1000

/**
 * Listens to the changes of everybody until `signal` is aborted. Node waits for no netlink socket: the kernel says by SIGURG that there is something to read, then all
 * of it is read. No thread waits for it, and nothing runs while nothing changes but a look each second. The socket hears from the moment of the call.
 * @throws NetlinkError NO_SOCKET; DEAF where it no longer works
 */
export async function followNetlink(
  open: OpenNetlink,
  follower: NetlinkFollower,
  { timers, signal }: FollowNetlinkOptions,
): Promise<void> {
  const ended = Promise.withResolvers<void>()
  const input = Buffer.allocUnsafeSlow(READ_BYTES)
  let isOver = false
  let next: NodeJS.Immediate | undefined
  let timer: Disposable | undefined
  const fd = open('events')

  const read = (): number => {
    try {
      return readSync(fd, input)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === 'EAGAIN') return -1
      if (code !== 'ENOBUFS') throw new NetlinkError('DEAF', `Cannot read what the kernel tells: ${code}`, { cause: error })
      follower.onLost()
      return read()
    }
  }

  /** False once there is nothing more. */
  const readOne = (): boolean => {
    const bytes = read()
    if (bytes === 0) throw new NetlinkError('DEAF', 'Cannot read what the kernel tells: the socket has ended')
    // Cut off.
    if (bytes === input.length) follower.onLost()
    else if (bytes > 0) follower.onMessages(input.subarray(0, bytes))
    return bytes > 0
  }

  const drain = (): void => {
    next = undefined
    try {
      for (let reads = 0; reads < READS_A_TURN; reads += 1) if (isOver || !readOne()) return
      next = setImmediate(drain)
    } catch (error) {
      ended.reject(error)
    }
  }

  const wake = (): void => {
    if (next === undefined) drain()
  }
  const readAnyway = (): void => {
    timer = timers.after(READ_ANYWAY_MS, () => {
      wake()
      readAnyway()
    })
  }
  const end = (): void => ended.resolve()

  process.on(WAKE_SIGNAL, wake)
  signal.addEventListener('abort', end, { once: true })
  readAnyway()
  try {
    if (signal.aborted) return
    await ended.promise
  } finally {
    isOver = true
    signal.removeEventListener('abort', end)
    timer?.[Symbol.dispose]()
    if (next !== undefined) clearImmediate(next)
    process.off(WAKE_SIGNAL, wake)
    closeSync(fd)
  }
}
