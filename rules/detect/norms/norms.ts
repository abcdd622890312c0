import { publicHolidays } from './holidays.ts'
import type { Norm } from './norm.ts'
import { OwnNorms } from './own-norms.ts'
import { PeerNorms } from './peer-norms.ts'
import { PortalWeek, portalHour } from './portal-week.ts'
import { recheckOf, sizeClassOf } from './size-class.ts'

export interface NormsOptions {
  /** Accounts with an own norm; 50,000 unless told. */
  readonly maxAccounts?: number
  /** `allowed` is `expected` × factor + slack; 3 unless told. */
  readonly factor?: number
  /** Persons in an hour that any account may have beyond the factor, and in a day twice as many; 30 unless told. */
  readonly slack?: number
  /** Visits a day assumed of an account whose facility is not registered; 100 unless told. */
  readonly unknownVisits?: number
  /** Days since 1970 in the portal's zone; `publicHolidays()` unless told. */
  readonly holidays?: ReadonlySet<number>
}

/** Weeks after which only the account's own past counts. */
const OWN_WEEKS = 4
/** Part of it that makes a norm the account's own: each hour of the week was seen once. */
const OWN_FROM = 1 / OWN_WEEKS
/** Weeks after which an own norm is as sure as it gets. */
const SURE_WEEKS = 8
/** An account never learns more than so many times what half of its peers stay below. */
const CEILING = 8
/** On the first two working days after a holiday so many times as many are allowed. */
const RETURN_FACTOR = 1.5
/** On those days everybody sees about so many times as many at once. */
const RETURN_SWELL = 2
/** The largest hospitals: what an account of unknown size may grow up to. */
const LARGEST_VISITS = 10_000

/**
 * What is usual for each account by hour of the week in the portal's zone, learned from hours that are over, and what is usual for
 * accounts of its size where it has no past. An account's level moves by 5.9 % a week at most (more in its first month), never above eight times what
 * half of its peers stay below, and not at all in hours under suspicion, on holidays and on the days after them: who wants to teach it
 * a harvest needs months, and stays below its peers' ceiling.
 */
export class Norms {
  readonly #factor: number
  readonly #slack: number
  readonly #unknownVisits: number
  readonly #week: PortalWeek
  readonly #own: OwnNorms
  readonly #peers = new PeerNorms()

  constructor(options: NormsOptions = {}) {
    this.#factor = options.factor ?? 3
    this.#slack = options.slack ?? 30
    this.#unknownVisits = options.unknownVisits ?? 100
    this.#week = new PortalWeek(options.holidays ?? publicHolidays())
    this.#own = new OwnNorms(options.maxAccounts ?? 50_000)
  }

  /** What each account learned, to be kept over a restart. */
  get own(): OwnNorms {
    return this.#own
  }

  /** What the sizes learned, likewise. */
  get peers(): PeerNorms {
    return this.#peers
  }

  /** What is usual in a sliding hour that ends at `atMs`: the busier of the two hours of the clock it lies in. Fills `into`, allocates nothing. */
  hourAt(slot: number, dailyVisits: number | undefined, atMs: number, into: Norm): Norm {
    const hour = portalHour(atMs)
    const before = this.#usual(slot, dailyVisits, hour - 1)
    const usual = Math.max(before, this.#usual(slot, dailyVisits, hour))
    return this.#fill(into, slot, dailyVisits, hour, usual, this.#slack)
  }

  /** What is usual in the 24 hours that end at `atMs`. The first question of an hour adds up a day, the others read it. */
  dayAt(slot: number, dailyVisits: number | undefined, atMs: number, into: Norm): Norm {
    const hour = portalHour(atMs)
    let usual = this.#own.dayKept(slot, hour)
    if (usual < 0) {
      usual = 0
      for (let back = 0; back < 24; back++) usual += this.#usual(slot, dailyVisits, hour - back)
      this.#own.keepDay(slot, hour, usual)
    }
    return this.#fill(into, slot, dailyVisits, hour, usual, 2 * this.#slack)
  }

  /** How many times what is usual all see at `atMs`: nobody stands out by what everybody does. */
  swellAt(atMs: number): number {
    return this.#week.isReturn(portalHour(atMs)) ? RETURN_SWELL : 1
  }

  /** The most persons that the account itself had in an hour, or a day of the clock, of the six days before today; 0 where nothing was learned of them. */
  mostBefore(slot: number, atMs: number, window: '1h' | '24h'): number {
    return this.#own.mostBefore(slot, portalHour(atMs), window === '1h' ? 1 : 24)
  }

  /**
   * An hour of the clock is over: the account saw `persons` distinct persons in it, 0 included for accounts that are in use. `isSuspect`: an action
   * was on or a rule was warm, so that the hour teaches nothing.
   */
  learn(slot: number, dailyVisits: number | undefined, hourStartMs: number, persons: number, isSuspect: boolean): void {
    const hour = portalHour(hourStartMs)
    if (isSuspect || this.#week.isHoliday(hour) || this.#week.isReturn(hour)) return
    const lived = this.#week.hourLived(hour)
    const sizeClass = sizeClassOf(dailyVisits)
    this.#peers.learn(sizeClass, this.#visitsOf(dailyVisits), lived, persons)
    const ceiling = CEILING * this.#peers.middle(sizeClass, dailyVisits ?? LARGEST_VISITS, lived)
    this.#own.learn(slot, hour, lived, persons, Math.max(ceiling, recheckOf(dailyVisits ?? LARGEST_VISITS)))
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    this.#own.clear(slot)
  }

  /** Own past and peers in the parts that the weeks of own past give. */
  #usual(slot: number, dailyVisits: number | undefined, hour: number): number {
    const lived = this.#week.hourLived(hour)
    const peers = this.#peers.middle(sizeClassOf(dailyVisits), this.#visitsOf(dailyVisits), lived)
    const part = this.#ownPart(slot, hour)
    return part === 0 ? peers : part * this.#own.usual(slot, lived, peers) + (1 - part) * peers
  }

  #fill(into: Norm, slot: number, dailyVisits: number | undefined, hour: number, usual: number, slack: number): Norm {
    const sizeClass = sizeClassOf(dailyVisits)
    const sure = this.#peers.sure(sizeClass, this.#week.hourLived(hour))
    const recheck = recheckOf(this.#visitsOf(dailyVisits))
    const factor = this.#week.isReturn(hour) ? this.#factor * RETURN_FACTOR : this.#factor
    const isOwn = this.#ownPart(slot, hour) >= OWN_FROM
    into.expected = usual
    into.allowed = Math.max(usual * factor, recheck) + slack
    into.sure = isOwn ? Math.min(1, this.#own.weeks(slot, hour) / SURE_WEEKS) : sure / 2
    into.basis = isOwn ? 'own' : sure >= 0.5 ? 'peers' : 'default'
    return into
  }

  #ownPart(slot: number, hour: number): number {
    return Math.min(1, Math.max(0, this.#own.weeks(slot, hour)) / OWN_WEEKS)
  }

  #visitsOf(dailyVisits: number | undefined): number {
    return Math.max(1, dailyVisits ?? this.#unknownVisits)
  }
}
