import { FLAG, HOT } from './hot-rows.ts'
import type { LogClock } from './log-clock.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import type { StepWatch } from './step-watch.ts'
import type { WalkTracker } from './walk/walk-tracker.ts'

/** Where look-ups are counted. */
export interface LookupCounts {
  readonly counters: SlidingCounters
  readonly walks: WalkTracker
  readonly steps: StepWatch
  readonly clock: LogClock
  /** Look-ups that count as one person where nobody is told. */
  readonly lookupsPerPerson: number
}

/** Counts look-ups that were answered: the same for a whole request and for a line on the quick way. */
export class LookupCounter {
  readonly #counts: LookupCounts

  constructor(counts: LookupCounts) {
    this.#counts = counts
  }

  /**
   * Counts one in the windows, and the person where steps and walks are looked for. `row`, `at`: the account's numbers (`HOT`). `kind`: what is known of the
   * person; `undefined` where nobody is told. `block`: of the person, 0 if unknown.
   */
  count(
    slot: number,
    row: Int32Array,
    at: number,
    atMs: number,
    kind: 'newSubjects' | 'repeats' | undefined,
    block: number,
  ): void {
    const { counters, walks, steps, clock, lookupsPerPerson } = this.#counts
    const isLate = counters.add(slot, atMs, kind)
    const unjudged = row[at + HOT.unjudged] as number
    const isPerson = kind === 'newSubjects' || (kind === undefined && unjudged % lookupsPerPerson < 1)
    if (isPerson && row[at + HOT.details] !== -1) {
      if (block !== 0) walks.add(slot, block, atMs)
      const newest = (row[at + HOT.flags] as number) & FLAG.newest
      steps.add(
        slot,
        row[at + HOT.facility] as number,
        row[at + HOT.hashes + newest] as number,
        kind === undefined ? undefined : block,
        row[at + HOT.usualPerHour] as number,
        atMs,
        clock.nowMs,
      )
    }
    if (isLate) row[at + HOT.lates] = (row[at + HOT.lates] as number) + 1
    row[at + HOT.unjudged] = unjudged + 1
    row[at + HOT.room] = (row[at + HOT.room] as number) - 1
  }
}
