import { type Static, Type } from 'typebox'
import { RecentEvents } from './recent-events.ts'
import { ringLayoutOf } from './ring-layout.ts'
import { RingPage } from './ring-page.ts'
import { COUNT } from './state/state-reader.ts'
import { WINDOW_NAMES } from './windows.ts'

/**
 * What is counted: every look-up; those of a person not seen lately, and of one seen lately; `persons`: those that may each be another
 * person, all but the known repeats.
 */
export type Series = 'lookups' | 'newSubjects' | 'repeats' | 'persons'

const LAYOUT = ringLayoutOf(WINDOW_NAMES)
const BUCKET_MS = LAYOUT.stepMs
/** Sub-buckets are whole numbers of 30 bits, up to the year 2055: what a line says of later times counts as then. */
const MAX_BUCKET = 2 ** 30 - 1
const NEW = 0
const REPEAT = 1
/** Look-ups that tell nobody. */
const UNTOLD = 2
const DAY = WINDOW_NAMES.length - 1
/** Its sub-buckets are minutes. */
const TEN_MINUTES = WINDOW_NAMES.indexOf('10m')
const PERSONS = [NEW, UNTOLD] as const
const ROW_BITS = 8
const PAGE_ROWS = 1 << ROW_BITS

/** Which pages there are, and what they hold. */
export const CountersShape = Type.Object({
  late: COUNT,
  events: Type.Array(COUNT),
  rows: COUNT,
  free: Type.Array(COUNT),
  pages: Type.Array(Type.Array(Type.Integer({ minimum: 0, maximum: UNTOLD }))),
})

/**
 * Sliding counts of many accounts in typed arrays, made page by page as slots come into use. Each account's windows end at its
 * own newest request, so that a log that lags behind another one is judged no differently. A request that is late but inside a
 * window is counted where it belongs; one older than the window is not.
 *
 * What an account did last is a list (`RecentEvents`). While the list holds all of its 24 hours, it is all there is; after that the windows are rings,
 * and the list is what was not yet put into them.
 */
export class SlidingCounters {
  readonly #events = new RecentEvents()
  readonly #pages: RingPage[] = []
  readonly #freeRows: number[] = []
  #rows = 0
  /** Requests that came too late for the shortest window. */
  late = 0

  /** Counts one look-up at `atMs`; `kind` says what is known of its subject. `true`: it came too late for the shortest window. */
  add(slot: number, atMs: number, kind: 'newSubjects' | 'repeats' | undefined): boolean {
    const bucket = bucketOf(atMs)
    const series = kind === undefined ? UNTOLD : kind === 'repeats' ? REPEAT : NEW
    const events = this.#events
    if (events.isFull(slot)) this.#makeRoom(slot)
    if (events.add(slot, bucket, series)) return false
    return this.#addLate(slot, bucket, series)
  }

  /** Looks at what is held of an account; what it gives means nothing. */
  glance(slot: number): number {
    return this.#events.size(slot)
  }

  /** Count in a window, by its number (`windowNumber`), that ends at the account's newest request. */
  read(slot: number, window: number, series: Series): number {
    const row = this.#settled(slot)
    if (row < 0) return this.#readRecent(slot, window, series, this.#events.newest(slot))
    const page = this.#pageOf(row)
    const local = row & (PAGE_ROWS - 1)
    let sum = 0
    if (series !== 'repeats') sum += page.find(NEW)?.read(local, window) ?? 0
    if (series === 'lookups' || series === 'repeats') sum += page.find(REPEAT)?.read(local, window) ?? 0
    if (series === 'lookups' || series === 'persons') sum += page.find(UNTOLD)?.read(local, window) ?? 0
    return sum
  }

  /** Whether its newest request is so old at `nowMs` that some window may hold less than it held then. */
  isBehind(slot: number, nowMs: number): boolean {
    return bucketOf(nowMs) > this.#events.newest(slot)
  }

  /** The same count, of a window that ends at `nowMs` if that is later: as if time had passed without a request. */
  readAt(slot: number, window: number, series: Series, nowMs: number): number {
    const row = this.#settled(slot)
    if (row < 0) return this.#readRecent(slot, window, series, Math.max(this.#events.newest(slot), bucketOf(nowMs)))
    const page = this.#pageOf(row)
    const local = row & (PAGE_ROWS - 1)
    let sum = 0
    if (series !== 'repeats') sum += page.readAt(local, NEW, window, nowMs)
    if (series === 'lookups' || series === 'repeats') sum += page.readAt(local, REPEAT, window, nowMs)
    if (series === 'lookups' || series === 'persons') sum += page.readAt(local, UNTOLD, window, nowMs)
    return sum
  }

  /** The most `persons` in a minute of the last ten, whenever their lines came; never too few. */
  busiestMinute(slot: number): number {
    const row = this.#settled(slot)
    if (row < 0) return this.#readRecent(slot, TEN_MINUTES, 'persons', this.#events.newest(slot))
    return this.#pageOf(row).most(row & (PAGE_ROWS - 1), PERSONS, TEN_MINUTES)
  }

  /** Look-ups in about 24 hours, never too few: for what needs no more than their size. */
  weight(slot: number): number {
    const row = this.#events.row(slot)
    const recent = this.#events.size(slot)
    if (row < 0) return recent
    const page = this.#pageOf(row)
    const local = row & (PAGE_ROWS - 1)
    let sum = recent
    for (let series = NEW; series <= UNTOLD; series++) sum += page.find(series)?.read(local, DAY) ?? 0
    return sum
  }

  /** Persons, and look-ups that tell none, from `fromMs` to before `toMs`: whole sub-buckets of a window, as far as it still holds them. */
  readSpan(slot: number, window: number, fromMs: number, toMs: number): { readonly persons: number; readonly untold: number } {
    const row = this.#settled(slot)
    if (row >= 0) {
      const of = (series: number): number => this.#pageOf(row).readSpan(row & (PAGE_ROWS - 1), series, window, fromMs, toMs)
      return { persons: of(NEW), untold: of(UNTOLD) }
    }
    const ratio = LAYOUT.ratios[window] as number
    const oldest = Math.floor(this.#events.newest(slot) / ratio) - (LAYOUT.buckets[window] as number) + 1
    const from = Math.max(oldest, Math.floor(bucketOf(fromMs) / ratio)) * ratio
    const to = Math.floor(bucketOf(toMs) / ratio) * ratio
    const of = (series: number): number => this.#events.count(slot, series, from, to)
    return { persons: of(NEW), untold: of(UNTOLD) }
  }

  /** What it needs to be made again, for the arrays to fit. Puts all into the rings that has some. */
  shape(): Static<typeof CountersShape> {
    for (const slot of this.#events.slots()) this.#settled(slot)
    const pages = this.#pages.map((page) => page.made)
    return { late: this.late, events: this.#events.pages, rows: this.#rows, free: [...this.#freeRows], pages }
  }

  /** Makes what `shape` told, all of it zero. */
  reshape({ late, events, rows, free, pages }: Static<typeof CountersShape>): void {
    this.late = late
    for (const number of events) this.#events.make(number)
    this.#rows = rows
    this.#freeRows.push(...free)
    for (const made of pages) {
      const page = new RingPage(LAYOUT, PAGE_ROWS)
      for (const series of made) page.make(series)
      this.#pages.push(page)
    }
  }

  /** All that it holds, in a fixed order. */
  *arrays(): Generator<ArrayBufferView> {
    yield* this.#events.arrays()
    for (const page of this.#pages) yield* page.arrays()
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    const row = this.#events.row(slot)
    this.#events.clear(slot)
    if (row < 0) return
    this.#pageOf(row).clear(row & (PAGE_ROWS - 1))
    this.#freeRows.push(row)
  }

  /** Of an account without rings: what of its list is in the window that ends with sub-bucket `head`. */
  #readRecent(slot: number, window: number, series: Series, head: number): number {
    const ratio = LAYOUT.ratios[window] as number
    const oldest = (Math.floor(head / ratio) - (LAYOUT.buckets[window] as number) + 1) * ratio
    const of = (number: number): number => this.#events.count(slot, number, oldest, MAX_BUCKET + 1)
    let sum = 0
    if (series !== 'repeats') sum += of(NEW)
    if (series === 'lookups' || series === 'repeats') sum += of(REPEAT)
    if (series === 'lookups' || series === 'persons') sum += of(UNTOLD)
    return sum
  }

  /** The account's row, with all that it did in it; -1 if the list is all there is. */
  #settled(slot: number): number {
    const row = this.#events.row(slot)
    if (row >= 0 && this.#events.size(slot) > 0) this.#putIntoRings(slot, row)
    return row
  }

  /** The list is full: what is out of every window goes, else the account needs rings. */
  #makeRoom(slot: number): void {
    const row = this.#events.row(slot)
    if (row >= 0) {
      this.#putIntoRings(slot, row)
      return
    }
    const ratio = LAYOUT.ratios[DAY] as number
    const oldest = Math.floor(this.#events.newest(slot) / ratio) - (LAYOUT.buckets[DAY] as number) + 1
    if (!this.#events.forgetBefore(slot, oldest * ratio)) this.#putIntoRings(slot, this.#giveRow(slot))
  }

  #giveRow(slot: number): number {
    const row = this.#freeRows.pop() ?? this.#rows++
    if (row >> ROW_BITS === this.#pages.length) this.#pages.push(new RingPage(LAYOUT, PAGE_ROWS))
    this.#events.setRow(slot, row)
    return row
  }

  /** Turns the rings once, however many events there are; each then finds its place. */
  #putIntoRings(slot: number, row: number): void {
    const events = this.#events
    const page = this.#pageOf(row)
    const local = row & (PAGE_ROWS - 1)
    page.reach(local, events.newest(slot))
    const size = events.size(slot)
    for (let at = 0; at < size; at++) page.count(local, events.kindAt(slot, at), events.bucketAt(slot, at))
    events.forgetAll(slot)
  }

  /** A request that came too late for the shortest window, or from before the clock was set back. */
  #addLate(slot: number, bucket: number, series: number): boolean {
    const held = this.#settled(slot)
    const row = held >= 0 ? held : this.#giveRow(slot)
    if (held < 0 && this.#events.size(slot) > 0) this.#putIntoRings(slot, row)
    const page = this.#pageOf(row)
    const local = row & (PAGE_ROWS - 1)
    const isLate = page.reach(local, bucket)
    if (isLate) this.late++
    page.count(local, series, bucket)
    this.#events.setNewest(slot, page.newest[local] as number)
    return isLate
  }

  #pageOf(row: number): RingPage {
    return this.#pages[row >> ROW_BITS] as RingPage
  }
}

function bucketOf(atMs: number): number {
  const bucket = Math.floor(atMs / BUCKET_MS)
  return bucket > MAX_BUCKET ? MAX_BUCKET : bucket > 0 ? bucket : 0
}
