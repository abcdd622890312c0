import type { Norm } from './norm.ts'

export interface NormsOptions {
  /** Accounts with an own norm; 50,000 unless told. */
  readonly maxAccounts?: number
  /** `allowed` is `expected` × factor + slack; 3 unless told. */
  readonly factor?: number
  /** Persons an hour that any account may have beyond the factor; 30 unless told. */
  readonly slack?: number
  /** Visits a day assumed of an account whose facility is not registered; 100 unless told. */
  readonly unknownVisits?: number
}

/**
 * What is usual for each account by hour of the week in the portal's zone, learned from hours that are over, and what is usual for
 * accounts of its size where it has no past.
 */
export class Norms {
  readonly #options: Required<NormsOptions>

  constructor(options: NormsOptions = {}) {
    this.#options = { maxAccounts: 50_000, factor: 3, slack: 30, unknownVisits: 100, ...options }
  }

  /** What is usual in a sliding hour that ends at `atMs`. Fills `into`, allocates nothing. */
  hourAt(_slot: number, dailyVisits: number | undefined, _atMs: number, into: Norm): Norm {
    const visits = dailyVisits ?? this.#options.unknownVisits
    into.expected = visits * 0.15
    into.allowed = into.expected * this.#options.factor + this.#options.slack
    into.sure = 0
    into.basis = 'default'
    return into
  }

  /** What is usual in the 24 hours that end at `atMs`. */
  dayAt(_slot: number, dailyVisits: number | undefined, _atMs: number, into: Norm): Norm {
    into.expected = dailyVisits ?? this.#options.unknownVisits
    into.allowed = into.expected * this.#options.factor + this.#options.slack
    into.sure = 0
    into.basis = 'default'
    return into
  }

  /**
   * An hour is over: the account saw `persons` distinct persons in it, 0 included for an account that had requests in the week
   * before. `isSuspect`: an action was on or a rule was warm, so that the hour teaches nothing.
   */
  learn(_slot: number, _dailyVisits: number | undefined, _hourStartMs: number, _persons: number, _isSuspect: boolean): void {}

  /** Forgets an account; its slot may be given to another one. */
  clear(_slot: number): void {}
}
