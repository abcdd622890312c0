import type { FunctionClass } from '../requests/attributed-request.ts'
import type { Account } from './account.ts'
import type { AccountDetails, EventKind, EventWindow } from './account-details.ts'
import { createNorm, type Norm } from './norms/norm.ts'
import type { Norms } from './norms/norms.ts'
import { hourOfDay } from './portal-day.ts'
import type { Figures } from './rules/rule.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import type { SteppingGroup } from './step-watch.ts'
import { createWalkFigures, type WalkFigures, type WalkTracker } from './walk/walk-tracker.ts'

/** Where the figures come from. */
export interface FigureSources {
  readonly counters: SlidingCounters
  readonly details: AccountDetails
  readonly norms: Norms
  readonly walks: WalkTracker
  readonly groupOf: (slot: number) => SteppingGroup | undefined
  /** Look-ups that count as one person where nobody is told. */
  readonly lookupsPerPerson: number
}

/** The figures of one account at a time; what takes work is done when a rule first asks for it. */
export class AccountFigures implements Figures {
  readonly #from: FigureSources
  readonly #hour: Norm = createNorm()
  readonly #day: Norm = createNorm()
  readonly #walk: WalkFigures = createWalkFigures()
  readonly #untoldShare: number
  #slot = 0
  #details = -1
  #isBehind = false
  #hasHour = false
  #hasDay = false
  atMs = 0
  class: FunctionClass = 'lookup'
  dailyVisits: number | undefined
  isShared = false

  constructor(from: FigureSources) {
    this.#from = from
    this.#untoldShare = 1 - 1 / from.lookupsPerPerson
  }

  /** Turns to an account as of `atMs`, which may be long after its last look-up: what is compared with what is usual now must be of now. `slot` is another one than its own where its late requests are judged. */
  turnTo(account: Account, slot: number, atMs: number, kind: FunctionClass): this {
    this.#slot = slot
    this.#details = account.details
    this.#hasHour = false
    this.#hasDay = false
    this.#isBehind = this.#from.counters.isBehind(slot, atMs)
    this.atMs = atMs
    this.class = kind
    this.dailyVisits = account.dailyVisits
    this.isShared = account.isShared
    return this
  }

  lookups(window: number): number {
    return this.#count(window, 'lookups')
  }

  subjects(window: number): number {
    return this.#count(window, 'newSubjects')
  }

  persons(window: number): number {
    return this.#count(window, 'persons')
  }

  #count(window: number, series: 'lookups' | 'newSubjects' | 'persons'): number {
    const { counters } = this.#from
    return this.#isBehind ? counters.readAt(this.#slot, window, series, this.atMs) : counters.read(this.#slot, window, series)
  }

  get busiestMinute(): number {
    return this.#from.counters.busiestMinute(this.#slot)
  }

  people(window: number): number {
    const persons = this.persons(window)
    return persons - (persons - this.subjects(window)) * this.#untoldShare
  }

  events(kind: EventKind, window: EventWindow): number {
    return this.#details === -1 ? 0 : this.#from.details.read(this.#details, kind, window)
  }

  norm(window: EventWindow): Norm {
    const isHour = window === '1h'
    const into = isHour ? this.#hour : this.#day
    if (isHour ? this.#hasHour : this.#hasDay) return into
    if (isHour) {
      this.#hasHour = true
      return this.#from.norms.hourAt(this.#slot, this.dailyVisits, this.atMs, into)
    }
    this.#hasDay = true
    return this.#from.norms.dayAt(this.#slot, this.dailyVisits, this.atMs, into)
  }

  mostBefore(window: EventWindow): number {
    return this.#from.norms.mostBefore(this.#slot, this.atMs, window)
  }

  get usualBurst(): number {
    return this.#details === -1 ? 0 : this.#from.details.usualBurst(this.#details, hourOfDay(this.atMs))
  }

  get daysSeen(): number {
    return this.#details === -1 ? 0 : this.#from.details.daysSeen(this.#details)
  }

  walk(): WalkFigures {
    return this.#from.walks.figures(this.#slot, this.atMs, this.#walk)
  }

  get group(): SteppingGroup | undefined {
    return this.#from.groupOf(this.#slot)
  }

  sources(spanS: number): number {
    return this.#details === -1 ? 0 : this.#from.details.sources(this.#details, spanS, this.atMs)
  }
}
