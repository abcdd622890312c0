import type { Clock } from '../../rules/time/clock.ts'

/** The time in the logs: told by their lines, and carried on by a clock that nobody sets while they are quiet. */
export interface QuietClock {
  /** Lines were read. */
  see(): void
  /** The log's time and what has passed since its newest line; the wall clock before the first line. */
  nowMs(): number
  readonly hasSeen: boolean
}

/** @param readLogMs what time the log says it is */
export function createQuietClock(readLogMs: () => number, clock: Clock, monotonicMs: () => number): QuietClock {
  let isFresh = false
  let base: { readonly logMs: number; readonly atMs: number } | undefined
  return {
    see() {
      isFresh = true
    },
    nowMs() {
      if (isFresh) base = { logMs: readLogMs(), atMs: monotonicMs() }
      isFresh = false
      return base === undefined ? clock.nowMs() : base.logMs + monotonicMs() - base.atMs
    },
    get hasSeen() {
      return isFresh || base !== undefined
    },
  }
}
