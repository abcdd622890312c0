import type { Clock } from '../../rules/time/clock.ts'
import type { Timers } from '../time/timers.ts'
import type { Edge } from './edge.ts'
import { findSwitchDelay } from './plan-program.ts'

/** Looked at again after an hour at the latest: between, the wall clock may be set. */
const LONGEST_MS = 3_600_000

/** A switch that failed is tried again after so long, doubled each time; each minute it is tried anyhow. */
const RETRY_MS = { base: 2000, max: 60_000 } as const

export interface ModeTimerParts {
  readonly edge: Edge
  readonly clock: Clock
  readonly timers: Timers
  /** Makes the switch that is due. Never throws. */
  readonly switchMode: () => Promise<void>
}

/** Switches the mode at the instant that the revision in force names. */
export interface ModeTimer extends Disposable {
  /** Aims at the date of the revision in force now. */
  arm(): void
}

export function createModeTimer({ edge, clock, timers, switchMode }: ModeTimerParts): ModeTimer {
  let timer: Disposable | undefined
  let failures = 0
  let isOver = false

  const findDelay = (): number | undefined => {
    if (edge.switchDue !== undefined) return Math.min(RETRY_MS.max, RETRY_MS.base * 2 ** Math.min(Math.max(0, failures - 1), 10))
    const header = edge.held?.document.header
    return header === undefined ? undefined : findSwitchDelay(header, clock.nowMs())
  }

  const fire = async (): Promise<void> => {
    await switchMode()
    failures = edge.switchDue === undefined ? 0 : failures + 1
    arm()
  }

  const arm = (): void => {
    timer?.[Symbol.dispose]()
    timer = undefined
    const delayMs = isOver ? undefined : findDelay()
    if (delayMs !== undefined) timer = timers.after(Math.min(delayMs, LONGEST_MS), () => void fire())
  }
  return {
    arm,
    [Symbol.dispose]() {
      isOver = true
      timer?.[Symbol.dispose]()
    },
  }
}
