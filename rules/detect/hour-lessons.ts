import type { Account } from './account.ts'
import type { Norms } from './norms/norms.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import { windowNumber } from './windows.ts'

const HOUR_MS = 3_600_000
const HOUR = windowNumber('1h')

/** Teaches the norms what accounts did in the hours of the clock that are over. */
export class HourLessons {
  readonly #counters: SlidingCounters
  readonly #norms: Norms
  readonly #lookupsPerPerson: number

  /** @param lookupsPerPerson look-ups that count as one person where nobody is told */
  constructor(counters: SlidingCounters, norms: Norms, lookupsPerPerson: number) {
    this.#counters = counters
    this.#norms = norms
    this.#lookupsPerPerson = lookupsPerPerson
  }

  /** The whole hours from `fromMs` to before `toMs`. */
  learn({ slot, dailyVisits }: Account, fromMs: number, toMs: number, isSuspect: boolean): void {
    for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
      const { persons, untold } = this.#counters.readSpan(slot, HOUR, hourMs, hourMs + HOUR_MS)
      this.#norms.learn(slot, dailyVisits, hourMs, Math.round(persons + untold / this.#lookupsPerPerson), isSuspect)
    }
  }
}
