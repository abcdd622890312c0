import type { Log } from '../log/log.ts'
import type { OpenNetlink } from '../netlink/open-netlink.ts'
import type { FollowProgram } from '../process/run-program.ts'
import type { Timers } from '../time/timers.ts'
import { DriftError } from './drift-error.ts'
import type { KernelWatch } from './kernel-watch.ts'
import { createNetlinkKernelWatch } from './netlink-kernel-watch.ts'
import { createNftKernelWatch } from './nft-kernel-watch.ts'
import type { OwnChanges } from './own-changes.ts'

export interface FindKernelWatchParts {
  /** `undefined` where no socket can be opened. */
  readonly netlink: OpenNetlink | undefined
  readonly follow: FollowProgram
  readonly own: OwnChanges
  readonly timers: Timers
  readonly log: Log
}

/** A watch that says by which way it listens. */
export interface FoundKernelWatch extends KernelWatch {
  /** For the status. */
  words(): string
}

const NO_SOCKET = 'a netlink socket cannot be opened on this machine'

/** Listens by a socket of the agent's own, and by `nft monitor` where that cannot be; the socket is tried first each time. */
export function findKernelWatch({ netlink, follow, own, timers, log }: FindKernelWatchParts): FoundKernelWatch {
  const bySocket = netlink && createNetlinkKernelWatch({ open: netlink, own, timers })
  const byNft = createNftKernelWatch({ follow, own, timers })
  let obstacle = bySocket === undefined ? NO_SOCKET : ''
  return {
    words: () =>
      obstacle === ''
        ? 'changes of others are heard straight from the kernel'
        : `changes of others are heard through an nft monitor: ${obstacle}`,
    async listen(listener, signal) {
      let hasListened = false
      const onListening = (): void => {
        hasListened = true
        obstacle = ''
        listener.onListening()
      }
      try {
        if (bySocket !== undefined) return await bySocket.listen({ ...listener, onListening }, signal)
      } catch (error) {
        if (!(error instanceof DriftError) || hasListened) throw error
        obstacle = error.message
        log.warn({ reason: obstacle }, 'changes of others cannot be heard straight from the kernel; an nft monitor is started')
      }
      await byNft.listen(listener, signal)
    },
  }
}
