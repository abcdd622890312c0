import { compileNftSignBatch } from '../../rules/firewall/compile-nft-sign.ts'
import { followNetlink } from '../netlink/follow-netlink.ts'
import { openNetlinkChannel } from '../netlink/netlink-channel.ts'
import { NetlinkError } from '../netlink/netlink-error.ts'
import type { OpenNetlink } from '../netlink/open-netlink.ts'
import { type Timers, wait } from '../time/timers.ts'
import { DriftError } from './drift-error.ts'
import type { KernelWatch } from './kernel-watch.ts'
import type { OwnChanges } from './own-changes.ts'
import { createNftEventReader } from './read-nft-events.ts'

export interface NetlinkKernelWatchParts {
  readonly open: OpenNetlink
  readonly own: OwnChanges
  readonly timers: Timers
}

/** Waits for a sign of life, one after another: one may be lost where somebody loads a long list at that moment. */
const SIGN_WAITS_MS = [250, 500, 1000, 2000, 4000, 8000, 16_000]

/** Listens by a socket of this process's own: no program, no copy of the sets. */
export function createNetlinkKernelWatch({ open, own, timers }: NetlinkKernelWatchParts): KernelWatch {
  const showSigns = async (isHeard: AbortSignal, signal: AbortSignal): Promise<void> => {
    using channel = openNetlinkChannel(open)
    for (const waitMs of SIGN_WAITS_MS) {
      if (signal.aborted) return
      await channel.send(compileNftSignBatch())
      await wait(timers, waitMs, signal)
    }
    if (!isHeard.aborted && !signal.aborted)
      throw new DriftError('LISTENER_AWAY', 'Cannot listen to the kernel: it did not tell of a change that was made for that')
  }

  return {
    async listen(listener, signal) {
      const ending = new AbortController()
      const heard = new AbortController()
      const either = AbortSignal.any([signal, ending.signal])
      /** Whether the kernel's numbers of processes are ours; in a PID namespace they are not. */
      let areNumbersOurs = true
      own.forget()
      const onMessages = createNftEventReader({
        onSign({ pid }) {
          if (heard.signal.aborted) return
          areNumbersOurs = pid === process.pid
          // Those of sockets are in either case.
          own.compare(process.pid, process.pid)
          heard.abort()
          listener.onListening()
        },
        onChange(change, port) {
          const number = areNumbersOurs ? change.process.pid : (port ?? 0)
          const isOurs = own.isOurs({ ...change.process, pid: number }, change.touches)
          if (!isOurs && heard.signal.aborted && change.touches.length > 0) listener.onForeign(change)
        },
        onLost: () => undefined,
      })
      const onLost = (): void => {
        own.forget()
        if (heard.signal.aborted) listener.onLost()
      }
      try {
        const following = followNetlink(open, { onMessages, onLost }, { timers, signal: either })
        const signs = showSigns(heard.signal, AbortSignal.any([either, heard.signal])).catch((error: unknown) => {
          ending.abort(error)
        })
        await following.finally(() => ending.abort())
        await signs
        if (!signal.aborted) throw ending.signal.reason
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof NetlinkError)) throw error
        throw new DriftError('LISTENER_AWAY', `Cannot listen to the kernel: ${error.message}`, { cause: error })
      }
    },
  }
}
