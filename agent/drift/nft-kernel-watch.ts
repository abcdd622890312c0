import { compileNftSign } from '../../rules/firewall/compile-nft-sign.ts'
import { ProgramError } from '../process/program-error.ts'
import type { FollowProgram } from '../process/run-program.ts'
import { type Timers, wait } from '../time/timers.ts'
import { DriftError } from './drift-error.ts'
import type { KernelWatch } from './kernel-watch.ts'
import type { OwnChanges } from './own-changes.ts'
import { createKernelEventReader } from './read-kernel-events.ts'

export interface NftKernelWatchParts {
  readonly follow: FollowProgram
  readonly own: OwnChanges
  readonly timers: Timers
}

/** The first wait for a sign of life, doubled each time: nft reads every element before it listens, for a million of them half a minute. */
const SIGN_BASE_MS = 250
const SIGN_MAX_MS = 30_000

/** Listens by one long-lived `nft monitor`. Costs about 70 MB at 100,000 elements (nft keeps what it read at its start) and nothing while nothing changes. */
export function createNftKernelWatch({ follow, own, timers }: NftKernelWatchParts): KernelWatch {
  /** Makes a change that is heard for certain, until it was. */
  const showSigns = async (signPids: Set<number>, signal: AbortSignal): Promise<void> => {
    for (let waitMs = SIGN_BASE_MS; !signal.aborted; waitMs = Math.min(SIGN_MAX_MS, waitMs * 2)) {
      await wait(timers, waitMs, signal)
      if (signal.aborted) return
      try {
        await own.run('nft', ['-f', '-'], { input: [compileNftSign()], signal, onStart: (pid) => void signPids.add(pid) })
      } catch (error) {
        if (!(error instanceof ProgramError)) throw error
        if (!signal.aborted)
          throw new DriftError('LISTENER_AWAY', `Cannot make a sign of life: ${error.message}`, { cause: error })
      }
    }
  }

  return {
    async listen(listener, signal) {
      const ending = new AbortController()
      const heard = new AbortController()
      const either = AbortSignal.any([signal, ending.signal])
      const signPids = new Set<number>()
      own.forget()
      const onOutput = createKernelEventReader({
        onSign({ pid }) {
          const [anyPid = pid] = signPids
          own.compare(signPids.has(pid) ? pid : anyPid, pid)
          own.isOurs({ pid, name: 'nft' })
          if (heard.signal.aborted) return
          heard.abort()
          listener.onListening()
        },
        onChange(change) {
          if (!own.isOurs(change.process, change.touches) && change.touches.length > 0) listener.onForeign(change)
        },
        onLost() {
          own.forget()
          listener.onLost()
        },
      })
      const signs = showSigns(signPids, AbortSignal.any([either, heard.signal])).catch((error: unknown) => {
        ending.abort(error)
      })
      try {
        const { exitCode, stderr } = await follow('nft', ['monitor'], { onOutput, signal: either })
        throw new DriftError(
          'LISTENER_AWAY',
          `nft monitor ended with ${exitCode}: ${JSON.stringify(stderr.trim().slice(0, 300))}`,
        )
      } catch (error) {
        if (signal.aborted) return
        if (ending.signal.aborted) throw ending.signal.reason
        if (!(error instanceof ProgramError)) throw error
        throw new DriftError('LISTENER_AWAY', `Cannot listen to the kernel: ${error.message}`, { cause: error })
      } finally {
        ending.abort()
        await signs
      }
    },
  }
}
