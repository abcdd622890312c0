import type { Clock } from '../../rules/time/clock.ts'
import type { Timers } from '../time/timers.ts'
import type { Edge } from './edge.ts'
import { findSwitchDelay } from './plan-program.ts'

/** Looked at again after an hour at the latest: between, the wall clock may be set. */
const LONGEST_MS = 3_600_000

/** Switches the mode at the instant that the revision in force names. */
export interface ModeTimer extends Disposable {
  /** Aims at the date of the revision in force now. */
  arm(): void
}

export function createModeTimer({ edge, clock, timers }: { edge: Edge; clock: Clock; timers: Timers }): ModeTimer {
  let timer: Disposable | undefined
  const arm = (): void => {
    timer?.[Symbol.dispose]()
    timer = undefined
    const header = edge.held?.document.header
    const delayMs = header === undefined ? undefined : findSwitchDelay(header, clock.nowMs())
    if (delayMs !== undefined) timer = timers.after(Math.min(delayMs, LONGEST_MS), () => void edge.tend().then(arm))
  }
  return {
    arm,
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  }
}
