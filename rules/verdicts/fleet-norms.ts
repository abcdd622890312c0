import type { Norm } from '../detect/norms/norm.ts'
import { Norms } from '../detect/norms/norms.ts'
import { formatNorms, restoreNorms } from '../detect/norms/norms-bytes.ts'
import type { FleetTallies } from '../tallies/fleet-tallies.ts'
import { MINUTE_MS } from '../tallies/tally.ts'
import { EdgesHeard } from './edges-heard.ts'
import { peopleOf } from './people-of.ts'

const HOUR_MINUTES = 60
const HOUR_MS = HOUR_MINUTES * MINUTE_MS
/** An hour is learned when no tally can change it any more: `openMinutes` of the tallies, and one to be sure. */
const CLOSED_AFTER_MS = 16 * MINUTE_MS
/** Hours are learned while their minutes are still told apart from those of other hours. */
const MAX_LATE_HOURS = 20
/** Only an account that once had so many persons in an hour has a norm of its own. */
const WORTH_A_SLOT = 4
/** An account of which nothing came for so long is forgotten. */
const FORGET_HOURS = 60 * 24
/** Teaches the peers only. */
const NO_SLOT = -1
const NO_FACILITY = '-'
const SAVED = /^([a-p]{16}) (-|[0-9]{5}) ([0-9]{1,7})$/

/** An account that has a norm of its own. */
interface Known {
  readonly slot: number
  facility: string | undefined
  /** Hour since 1970 in which it was last seen. */
  seenHour: number
}

export interface FleetNormsOptions {
  readonly tallies: FleetTallies
  /** Look-ups that count as one person where nobody is told. */
  readonly lookupsPerPerson: number
  readonly dailyVisitsOf: (facility: string) => number | undefined
  /** Hard cap on the accounts with an own norm, some 350 bytes each; 50,000 unless told. */
  readonly maxAccounts?: number
}

/**
 * What is usual for each account over all edges, by hour of the week, and for accounts of its size: `rules/detect/norms`, taught from the tallies once an hour. An hour
 * teaches nothing in which an edge fell silent, nothing of an account under a verdict, and nothing if it was over before central listened: who is not counted wholly
 * is not known. Accounts go by their tokens.
 */
export class FleetNorms {
  readonly #options: FleetNormsOptions
  readonly #maxAccounts: number
  readonly #norms: Norms
  /** In the order in which they were last seen. */
  readonly #known = new Map<string, Known>()
  readonly #free: number[] = []
  readonly #edges = new EdgesHeard()
  #slots = 0
  /** Parts of tallies for which there was no room, when it was looked last. */
  #dropped = 0
  /** The hour that is learned next, since 1970; 0 before the first. */
  #nextHour = 0

  constructor(options: FleetNormsOptions) {
    this.#options = options
    this.#maxAccounts = options.maxAccounts ?? 50_000
    this.#norms = new Norms({ maxAccounts: this.#maxAccounts })
  }

  /** Accounts with a norm of their own. */
  get size(): number {
    return this.#known.size
  }

  /** A tally came from an edge. */
  hear(edge: string, nowMs: number): void {
    this.#edges.hear(edge, nowMs)
  }

  hourAt(token: string, dailyVisits: number | undefined, atMs: number, into: Norm): Norm {
    return this.#norms.hourAt(this.#slotOf(token), dailyVisits, atMs, into)
  }

  dayAt(token: string, dailyVisits: number | undefined, atMs: number, into: Norm): Norm {
    return this.#norms.dayAt(this.#slotOf(token), dailyVisits, atMs, into)
  }

  /** The most persons in an hour of the clock, or a day, of the six days before today. */
  mostBefore(token: string, atMs: number, window: '1h' | '24h'): number {
    return this.#norms.mostBefore(this.#slotOf(token), atMs, window)
  }

  /**
   * Learns the hours that are over since it was asked last, account by account, so that others get their turn in between; gives how many it has taught. `isSuspect`: the
   * account is, or was in that hour, under a verdict.
   */
  *learn(nowMs: number, isSuspect: (token: string, hourMs: number) => boolean): Generator<number> {
    const { dropped } = this.#options.tallies
    this.#edges.look(nowMs, dropped > this.#dropped)
    this.#dropped = dropped
    const closed = Math.floor((nowMs - CLOSED_AFTER_MS) / HOUR_MS)
    if (this.#nextHour === 0 || closed - this.#nextHour > MAX_LATE_HOURS) this.#nextHour = Math.ceil(nowMs / HOUR_MS)
    for (; this.#nextHour < closed; this.#nextHour++) {
      const isWhole = this.#edges.wereAllHeard(this.#nextHour * HOUR_MS)
      if (isWhole) yield* this.#learnHour(this.#nextHour, isSuspect)
    }
  }

  /** What was learned, to be kept over a restart: 210 bytes for an account that has a norm of its own. Nobody is named but by tokens. */
  bytes(): Uint8Array {
    const accounts = Array.from(
      this.#known,
      ([token, { slot, facility, seenHour }]) => [slot, `${token} ${facility ?? NO_FACILITY} ${seenHour}`] as const,
    )
    return formatNorms(this.#norms, accounts)
  }

  /**
   * Takes back what `bytes` gave, before anything else came. Nothing is taken of bytes that are refused.
   * @throws SketchError
   */
  restore(bytes: Uint8Array): void {
    restoreNorms(bytes, this.#norms, (name) => {
      const [, token, facility, seenHour] = SAVED.exec(name) ?? []
      if (token === undefined || this.#known.has(token) || this.#known.size >= this.#maxAccounts) return undefined
      const known = { slot: this.#slots++, facility: facility === NO_FACILITY ? undefined : facility, seenHour: Number(seenHour) }
      this.#known.set(token, known)
      return known.slot
    })
  }

  *#learnHour(hour: number, isSuspect: (token: string, hourMs: number) => boolean): Generator<number> {
    const { tallies, lookupsPerPerson } = this.#options
    const minute = hour * HOUR_MINUTES
    let taught = 0
    const seen = tallies.tokensSince(minute - 23 * HOUR_MINUTES)
    for (const [token, facility] of seen) {
      const persons = Math.round(peopleOf(tallies.closedHour(token, minute), lookupsPerPerson))
      const known = this.#touched(token, persons, hour)
      if (known !== undefined) known.facility = facility
      this.#teach(known, facility, hour, persons, isSuspect(token, hour * HOUR_MS))
      yield ++taught
    }
    // A clinic that is closed for the weekend has nobody on Sunday, and that is what is usual.
    for (const [token, known] of this.#known) {
      if (seen.has(token)) continue
      if (hour - known.seenHour > FORGET_HOURS) this.#forget(token)
      else this.#teach(known, known.facility, hour, 0, isSuspect(token, hour * HOUR_MS))
      yield ++taught
    }
  }

  #teach(known: Known | undefined, facility: string | undefined, hour: number, persons: number, isSuspect: boolean): void {
    const visits = facility === undefined ? undefined : this.#options.dailyVisitsOf(facility)
    this.#norms.learn(known?.slot ?? NO_SLOT, visits, hour * HOUR_MS, persons, isSuspect)
  }

  #slotOf(token: string): number {
    return this.#known.get(token)?.slot ?? NO_SLOT
  }

  /** The account, admitted if it is worth it, at the end of those to be forgotten if it had anybody. */
  #touched(token: string, persons: number, hour: number): Known | undefined {
    const held = this.#known.get(token)
    if (persons === 0 || (held === undefined && persons < WORTH_A_SLOT)) return held
    if (held === undefined && this.#known.size >= this.#maxAccounts) this.#forget(this.#known.keys().next().value ?? '')
    const known = held ?? { slot: this.#free.pop() ?? this.#slots++, facility: undefined, seenHour: hour }
    known.seenHour = hour
    this.#known.delete(token)
    this.#known.set(token, known)
    return known
  }

  #forget(token: string): void {
    const known = this.#known.get(token)
    if (known === undefined) return
    this.#known.delete(token)
    this.#norms.clear(known.slot)
    this.#free.push(known.slot)
  }
}
