import type { Clock } from '../../rules/time/clock.ts'
import { EdgeGateError } from '../gate/edge-gate-error.ts'
import type { Log } from '../log/log.ts'
import { MemoryError } from '../memory/memory-error.ts'
import { WatchError } from './watch-error.ts'
import type { WatchFault } from './watch-status.ts'

/** The faults that hold now, one for each area. Each is logged when it begins and when it ends, not in between. */
export interface FaultList {
  /** `undefined`: the area is well again. */
  set(area: string, error: Error | undefined): void
  /** A fault of the start that nothing mends; it stays until the next start. */
  note(area: string, error: Error): void
  all(): readonly WatchFault[]
}

export function createFaultList(clock: Clock, log: Log): FaultList {
  const faults = new Map<string, WatchFault>()

  function set(area: string, error: Error | undefined): void {
    const known = faults.get(area)
    if (error === undefined) {
      if (faults.delete(area)) log.info({ area, code: known?.code }, 'fault ended')
      return
    }
    const { code, message } = wordsOf(error)
    if (known?.code === code && known.message === message) return
    faults.set(area, { code, message, since: new Date(clock.nowMs()).toISOString() })
    log.warn({ area, code, reason: message }, 'fault began')
  }

  return { set, note: set, all: () => [...faults.values()] }
}

function wordsOf(error: Error): { readonly code: string; readonly message: string } {
  const isOurs = error instanceof WatchError || error instanceof MemoryError || error instanceof EdgeGateError
  return { code: isOurs ? error.code : 'UNEXPECTED', message: error.message }
}
