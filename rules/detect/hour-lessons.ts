import type { Account } from './account.ts'
import type { Norms } from './norms/norms.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import { windowNumber } from './windows.ts'

const HOUR_MS = 3_600_000
const HOUR = windowNumber('1h')
const MAX_MISSED_HOURS = 24

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

  /** The hours of all accounts that are over, from the one that ends at `nextHourMs` (0: none was looked at); gives the end of the present one. */
  learnAll(accounts: Iterable<Account>, nextHourMs: number, nowMs: number, isSuspect: (account: Account) => boolean): number {
    const hourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS
    if (nextHourMs > 0 && hourMs >= nextHourMs) {
      const firstMs = Math.max(nextHourMs - HOUR_MS, hourMs - MAX_MISSED_HOURS * HOUR_MS)
      for (const account of accounts) this.learn(account, firstMs, hourMs, isSuspect(account))
    }
    return hourMs + HOUR_MS
  }

  /** The whole hours from `fromMs` to before `toMs`. */
  learn({ slot, dailyVisits }: Account, fromMs: number, toMs: number, isSuspect: boolean): void {
    for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
      const { persons, untold } = this.#counters.readSpan(slot, HOUR, hourMs, hourMs + HOUR_MS)
      this.#norms.learn(slot, dailyVisits, hourMs, Math.round(persons + untold / this.#lookupsPerPerson), isSuspect)
    }
  }
}
