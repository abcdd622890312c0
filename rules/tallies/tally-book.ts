import { DistinctSketch, joined } from '../detect/sketches/distinct-sketch.ts'
import {
  createCounts,
  MINUTE_MS,
  TALLY_COUNTS,
  type Tally,
  type TallyCounts,
  type TallyEntry,
  type TallyMinute,
} from './tally.ts'
import { MAX_TALLY_MINUTES } from './tally-bytes.ts'

/** A tally in parts has no more entries in one of them. */
const PART_ENTRIES = 20_000
/** More tallies than an edge can have sent between two times that its book was saved. */
const SAVED_STEP = 10_000
/** Where room is short, an account that goes with fewer look-ups than this in a minute is not told of: a flood of invented names leaves room for real ones. */
const WORTH_TELLING = 3

export interface TallyBookOptions {
  readonly edge: string
  readonly boot: string
  readonly keyId: string
  /** How an account travels; asked once an account and minute. */
  readonly tokenOf: (slot: number) => { readonly token: string; readonly facility: string | undefined }
  /** Minutes that late lines may still change, 1 to 60; 15 unless told. */
  readonly keepMinutes?: number
  /** Hard cap on the entries held, some 300 bytes each; 150,000 unless told. */
  readonly maxEntries?: number
}

interface BookEntry extends TallyEntry {
  readonly counts: TallyCounts
  isChanged: boolean
}

interface Page {
  readonly bySlot: Map<number, BookEntry>
  /** Of accounts whose slot was given to another one. */
  readonly left: BookEntry[]
}

/**
 * Counts at the edge what goes to central. An account that comes up again in its minute only changes numbers; one object with two small sketches, some 300 bytes, is
 * made for each account and minute. Times are those the detector believes: one far ahead would make all others late.
 */
export class TallyBook {
  readonly #options: TallyBookOptions
  readonly #keepMinutes: number
  readonly #maxEntries: number
  #entries = 0
  readonly #pages = new Map<number, Page>()
  #sequence = 0
  #newest = 0
  #lastMinute = -1
  #lastPage: Page | undefined
  /** The entry used last, and whose it is: a request asks for it several times. */
  #lastSlot = -1
  #lastEntry: BookEntry | undefined
  /** Requests too late to be told of, or for which there was no room. */
  late = 0

  constructor(options: TallyBookOptions) {
    this.#options = options
    this.#keepMinutes = Math.min(MAX_TALLY_MINUTES, options.keepMinutes ?? 15)
    this.#maxEntries = options.maxEntries ?? 150_000
  }

  /** Counts one of `what` for an account. */
  count(slot: number, atMs: number, what: keyof TallyCounts): void {
    const entry = this.#entryOf(slot, atMs)
    if (entry === undefined) this.late++
    else entry.counts[what]++
  }

  /** Counts a person (`SubjectHash`) that the account looked up. */
  see(slot: number, atMs: number, high: number, low: number): void {
    this.#entryOf(slot, atMs)?.subjects.add(high, low)
  }

  /** Counts an address (64 bits of a hash) that the account used. */
  use(slot: number, atMs: number, high: number, low: number): void {
    this.#entryOf(slot, atMs)?.sources.add(high, low)
  }

  /** Everything that changed since it was taken last; `undefined` if nothing did. `isWhole`: everything held, after one was lost. */
  take(isWhole = false): Tally | undefined {
    this.#lastSlot = -1
    const minutes: TallyMinute[] = []
    for (const [minute, { bySlot, left }] of [...this.#pages].sort(([a], [b]) => a - b)) {
      const entries = [...left, ...bySlot.values()]
      const changed = new Set(entries.filter(({ isChanged }) => isWhole || isChanged).map(({ token }) => token))
      if (changed.size > 0) minutes.push({ minute, entries: addedByToken(entries.filter(({ token }) => changed.has(token))) })
      for (const entry of entries) entry.isChanged = false
    }
    if (minutes.length === 0) return undefined
    const { edge, boot, keyId } = this.#options
    return { edge, boot, sequence: ++this.#sequence, keyId, minutes }
  }

  /** The same in parts that are small enough to be sent. */
  takeParts(isWhole = false): Tally[] {
    const tally = this.take(isWhole)
    if (tally === undefined) return []
    const parts = partsOf(tally)
    this.#sequence += parts.length - 1
    return parts
  }

  /** All that is held, to go on with after a restart: nothing counts as taken by it. */
  saved(): Tally[] {
    const { edge, boot, keyId } = this.#options
    const minutes = [...this.#pages]
      .sort(([a], [b]) => a - b)
      .map(([minute, { bySlot, left }]) => ({ minute, entries: addedByToken([...left, ...bySlot.values()]) }))
    return partsOf({ edge, boot, keyId, sequence: this.#sequence + 1, minutes })
  }

  /**
   * Goes on with what `saved` gave, before the first count. Lines that are read once more count on from there, so that what is sent comes to what was
   * sent before and nothing counts twice; all of it goes out again, because nobody knows what central got.
   */
  restore(tallies: readonly Tally[]): void {
    for (const { sequence, minutes } of tallies) {
      this.#sequence = Math.max(this.#sequence, sequence + SAVED_STEP)
      for (const { minute, entries } of minutes) {
        const page = this.#pageOf(minute)
        for (const entry of entries) page?.left.push({ ...entry, counts: { ...entry.counts }, isChanged: true })
        if (page !== undefined) this.#entries += entries.length
      }
    }
  }

  /** The slots of these accounts, as far as they made a request lately. */
  slotsOf(tokens: ReadonlySet<string>): Map<string, number> {
    const slots = new Map<string, number>()
    for (const { bySlot } of this.#pages.values())
      for (const [slot, { token }] of bySlot) if (tokens.has(token)) slots.set(token, slot)
    return slots
  }

  /** The slot will be given to another account; what was counted still goes out. */
  clear(slot: number): void {
    this.#lastSlot = -1
    for (const { bySlot, left } of this.#pages.values()) {
      const entry = bySlot.get(slot)
      if (entry === undefined) continue
      bySlot.delete(slot)
      if (this.#entries <= this.#maxEntries / 2 || entry.counts.lookups >= WORTH_TELLING) left.push(entry)
      else this.#entries--
    }
  }

  #entryOf(slot: number, atMs: number): BookEntry | undefined {
    const minute = Math.floor(atMs / MINUTE_MS)
    if (minute !== this.#lastMinute) this.#pageOf(minute)
    if (slot === this.#lastSlot) return this.#lastEntry
    const page = this.#lastPage
    if (page === undefined) return undefined
    const held = page.bySlot.get(slot)
    if (held !== undefined) {
      held.isChanged = true
      return this.#keepLast(slot, held)
    }
    if (this.#entries >= this.#maxEntries) return undefined
    this.#entries++
    const fresh: BookEntry = {
      ...this.#options.tokenOf(slot),
      counts: createCounts(),
      subjects: new DistinctSketch(),
      sources: new DistinctSketch(),
      isChanged: true,
    }
    page.bySlot.set(slot, fresh)
    return this.#keepLast(slot, fresh)
  }

  /** Until the minute changes, the slot goes to another account, or all is taken. */
  #keepLast(slot: number, entry: BookEntry): BookEntry {
    this.#lastSlot = slot
    this.#lastEntry = entry
    return entry
  }

  #pageOf(minute: number): Page | undefined {
    this.#lastSlot = -1
    this.#lastMinute = minute
    this.#lastPage = this.#pages.get(minute) ?? this.#addPage(minute)
    return this.#lastPage
  }

  /** Nothing for a minute that is too old. */
  #addPage(minute: number): Page | undefined {
    if (minute <= this.#newest - this.#keepMinutes) return undefined
    const page: Page = { bySlot: new Map(), left: [] }
    this.#pages.set(minute, page)
    if (minute > this.#newest) {
      this.#newest = minute
      for (const [old, { bySlot, left }] of this.#pages) {
        if (old > minute - this.#keepMinutes) continue
        this.#pages.delete(old)
        this.#entries -= bySlot.size + left.length
      }
    }
    return page
  }
}

/** One tally as many, numbered on from its own sequence. */
function partsOf(tally: Tally): Tally[] {
  const parts: TallyMinute[][] = [[]]
  let room = PART_ENTRIES
  for (const { minute, entries } of tally.minutes) {
    for (let from = 0; from < entries.length; ) {
      const some = entries.slice(from, from + room)
      parts.at(-1)?.push({ minute, entries: some })
      from += some.length
      room -= some.length
      if (room > 0) continue
      parts.push([])
      room = PART_ENTRIES
    }
  }
  const full = parts.filter((minutes) => minutes.length > 0)
  return full.map((minutes, number) => ({ ...tally, sequence: tally.sequence + number, minutes }))
}

/** Entries of one account, which came back after its slot was taken, as one: its counts are added. */
function addedByToken(entries: readonly BookEntry[]): TallyEntry[] {
  const byToken = new Map<string, TallyEntry>()
  for (const entry of entries) {
    const other = byToken.get(entry.token)
    byToken.set(entry.token, other === undefined ? entry : addedEntries(other, entry))
  }
  return [...byToken.values()]
}

function addedEntries(one: TallyEntry, other: TallyEntry): TallyEntry {
  const counts = createCounts()
  for (const name of TALLY_COUNTS) counts[name] = one.counts[name] + other.counts[name]
  return { ...one, counts, subjects: joined(one.subjects, other.subjects), sources: joined(one.sources, other.sources) }
}
