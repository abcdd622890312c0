import { type Static, Type } from 'typebox'
import { ringLayoutOf } from './ring-layout.ts'
import { RingPage } from './ring-page.ts'
import { COUNT } from './state/state-reader.ts'
import { WeightLists } from './weight-lists.ts'
import type { WindowName } from './windows.ts'

/** What is counted beside look-ups, of accounts with more than a few of them. */
export const EVENT_KINDS = [
  /** Answered 05x, 06x or 070: wrong card, name or birth date; 404 where no answer code is logged. */
  'misses',
  /** Answered 054 or 055: the officer is not registered, or named wrongly. */
  'officerMisses',
  /** From an address that is not registered for the facility. */
  'foreign',
  /** Functions that were stopped. */
  'retired',
  /** Histories and records without a live OTP grant. */
  'ungranted',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]
export type EventWindow = '1h' | '24h'

const WINDOWS: readonly WindowName[] = ['1h', '24h']
const LAYOUT = ringLayoutOf(WINDOWS)
const KIND_NUMBER: Readonly<Record<EventKind, number>> = Object.fromEntries(
  EVENT_KINDS.map((kind, number) => [kind, number]),
) as Record<EventKind, number>
const PAGE_BITS = 8
const PAGE_PLACES = 1 << PAGE_BITS
const SOURCES = 16
const HOURS = 24
/** Each day a burst of former days counts a little less: half after three weeks. */
const BURST_FADE = 31 / 32

/** Which places are used, and what their pages hold. */
export const DetailsShape = Type.Object({
  used: COUNT,
  free: Type.Array(COUNT),
  pages: Type.Array(Type.Array(Type.Integer({ minimum: 0, maximum: EVENT_KINDS.length - 1 }))),
})

interface DetailPage {
  readonly rings: RingPage
  /** Hashes of addresses, and when each was last used, in seconds. */
  readonly sources: Int32Array
  readonly sourceTimes: Uint32Array
  /** Most persons in 30 seconds by hour of the day: of the days before, and of the last day seen. */
  readonly bursts: Uint16Array
  readonly today: Uint16Array
  /** The last day on which the account was seen, and on how many days it was. */
  readonly lastDay: Uint16Array
  readonly days: Uint8Array
}

/**
 * Rarer figures of the busier accounts, in typed arrays that are made as they come into use. At most `maxPlaces`; beyond it the account
 * with the fewest look-ups loses its details, one under an action last of all.
 */
export class AccountDetails {
  readonly #pages: DetailPage[] = []
  readonly #weights: WeightLists
  readonly #owners: Int32Array
  readonly #free: number[] = []
  readonly #dropped: (slot: number) => void
  #used = 0

  /** @param dropped hears which account lost its details */
  constructor(maxPlaces: number, dropped: (slot: number) => void) {
    this.#owners = new Int32Array(maxPlaces)
    this.#weights = new WeightLists(maxPlaces)
    this.#dropped = dropped
  }

  /** A place for the details of an account. */
  take(slot: number): number {
    const place = this.#free.pop() ?? (this.#used < this.#owners.length ? this.#used++ : this.#makeRoom())
    this.#owners[place] = slot
    this.#weights.insert(place, 1)
    return place
  }

  /** Forgets an account. */
  release(place: number): void {
    this.#weights.remove(place)
    this.#clear(place)
    this.#free.push(place)
  }

  /** The account was used, and weighs so much now (`weightClassOf`). */
  use(place: number, weightClass: number): void {
    this.#weights.use(place, weightClass)
  }

  /** Has the account's windows end at `atMs`, if that is later. */
  reach(place: number, atMs: number): void {
    this.#pageOf(place).rings.reach(place & (PAGE_PLACES - 1), Math.floor(atMs / LAYOUT.stepMs))
  }

  count(place: number, kind: EventKind, atMs: number): void {
    const { rings } = this.#pageOf(place)
    const local = place & (PAGE_PLACES - 1)
    const bucket = Math.floor(atMs / LAYOUT.stepMs)
    rings.reach(local, bucket)
    rings.count(local, KIND_NUMBER[kind], bucket)
  }

  /** Of the window that ends at the account's newest event, or at the time that was reached. */
  read(place: number, kind: EventKind, window: EventWindow): number {
    const series = this.#pages[place >>> PAGE_BITS]?.rings.find(KIND_NUMBER[kind])
    return series === undefined ? 0 : series.read(place & (PAGE_PLACES - 1), window === '1h' ? 0 : 1)
  }

  /** The account came from an address, known by its hash; `true` if that is none of the last 16. */
  noteSource(place: number, source: number, atMs: number): boolean {
    const page = this.#pageOf(place)
    const start = (place & (PAGE_PLACES - 1)) * SOURCES
    const atS = Math.floor(atMs / 1000)
    let oldest = start
    for (let at = start; at < start + SOURCES; at++) {
      if (page.sources[at] === source) {
        if (atS > (page.sourceTimes[at] as number)) page.sourceTimes[at] = atS
        return false
      }
      if ((page.sourceTimes[at] as number) < (page.sourceTimes[oldest] as number)) oldest = at
    }
    page.sources[oldest] = source
    page.sourceTimes[oldest] = atS
    return true
  }

  /** Addresses used in the last `spanS` seconds, at most 16. */
  sources(place: number, spanS: number, atMs: number): number {
    const page = this.#pageOf(place)
    const start = (place & (PAGE_PLACES - 1)) * SOURCES
    const sinceS = Math.floor(atMs / 1000) - spanS
    let count = 0
    for (let at = start; at < start + SOURCES; at++) {
      const usedS = page.sourceTimes[at] as number
      // A wrong clock may be so near to 1970 that places never used seem to have been.
      if (usedS !== 0 && usedS > sinceS) count++
    }
    return count
  }

  /**
   * The account had so many persons in 30 seconds; `day` and `hour` in the portal's zone. A day counts when it is over, so that nobody
   * raises his own limit by degrees; what was done long ago fades slowly.
   */
  noteBurst(place: number, day: number, hour: number, persons: number): void {
    const page = this.#pageOf(place)
    const local = place & (PAGE_PLACES - 1)
    if (day > (page.lastDay[local] as number)) {
      if (page.lastDay[local] !== 0 && (page.days[local] as number) < 255) page.days[local] = (page.days[local] as number) + 1
      page.lastDay[local] = day
      for (let at = local * HOURS; at < (local + 1) * HOURS; at++) {
        page.bursts[at] = Math.max(Math.floor((page.bursts[at] as number) * BURST_FADE), page.today[at] as number)
        page.today[at] = 0
      }
    }
    const at = local * HOURS + hour
    if (persons > (page.today[at] as number)) page.today[at] = Math.min(persons, 0xffff)
  }

  /** The account was acted on: the last day teaches nothing. */
  forgetDay(place: number): void {
    const local = place & (PAGE_PLACES - 1)
    this.#pageOf(place).today.fill(0, local * HOURS, (local + 1) * HOURS)
  }

  /** What happened beside look-ups counts no more. */
  forgetEvents(place: number): void {
    this.#pageOf(place).rings.clear(place & (PAGE_PLACES - 1))
  }

  /** The most persons in 30 seconds at this hour of the day, or the one before or after it. */
  usualBurst(place: number, hour: number): number {
    const page = this.#pageOf(place)
    const start = (place & (PAGE_PLACES - 1)) * HOURS
    const at = (other: number): number => page.bursts[start + ((other + HOURS) % HOURS)] as number
    return Math.max(at(hour - 1), at(hour), at(hour + 1))
  }

  /** On how many days it was seen before the last one. */
  daysSeen(place: number): number {
    return this.#pageOf(place).days[place & (PAGE_PLACES - 1)] as number
  }

  /** What it needs to be made again, for the arrays to fit. */
  shape(): Static<typeof DetailsShape> {
    return { used: this.#used, free: [...this.#free], pages: this.#pages.map(({ rings }) => rings.made) }
  }

  /** Makes what `shape` told, all of it zero; `false` if there is no room for it. */
  reshape({ used, free, pages }: Static<typeof DetailsShape>): boolean {
    if (used > this.#owners.length) return false
    this.#used = used
    this.#free.push(...free)
    for (const [number, made] of pages.entries()) {
      const { rings } = this.#pageOf(number << PAGE_BITS)
      for (const series of made) rings.make(series)
    }
    return true
  }

  /** All that it holds but its owners, in a fixed order. */
  *arrays(): Generator<ArrayBufferView> {
    for (const { rings, sources, sourceTimes, bursts, today, lastDay, days } of this.#pages) {
      yield* rings.arrays()
      yield* [sources, sourceTimes, bursts, today, lastDay, days]
    }
  }

  /** Gives a place back to the account that had it before a restart. */
  retake(place: number, slot: number, weightClass: number): void {
    this.#owners[place] = slot
    this.#weights.insert(place, weightClass)
  }

  #makeRoom(): number {
    const place = this.#weights.lightest()
    if (place === undefined) throw new RangeError('Cannot keep details of accounts: there must be room for at least one')
    this.#weights.remove(place)
    this.#clear(place)
    this.#dropped(this.#owners[place] as number)
    return place
  }

  #clear(place: number): void {
    const page = this.#pageOf(place)
    const local = place & (PAGE_PLACES - 1)
    page.rings.clear(local)
    page.sources.fill(0, local * SOURCES, (local + 1) * SOURCES)
    page.sourceTimes.fill(0, local * SOURCES, (local + 1) * SOURCES)
    page.bursts.fill(0, local * HOURS, (local + 1) * HOURS)
    page.today.fill(0, local * HOURS, (local + 1) * HOURS)
    page.lastDay[local] = 0
    page.days[local] = 0
  }

  #pageOf(place: number): DetailPage {
    const number = place >>> PAGE_BITS
    const page = this.#pages[number]
    if (page !== undefined) return page
    const fresh: DetailPage = {
      rings: new RingPage(LAYOUT, PAGE_PLACES),
      sources: new Int32Array(PAGE_PLACES * SOURCES),
      sourceTimes: new Uint32Array(PAGE_PLACES * SOURCES),
      bursts: new Uint16Array(PAGE_PLACES * HOURS),
      today: new Uint16Array(PAGE_PLACES * HOURS),
      lastDay: new Uint16Array(PAGE_PLACES),
      days: new Uint8Array(PAGE_PLACES),
    }
    this.#pages[number] = fresh
    return fresh
  }
}
