import { WINDOWS } from './windows.ts'

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
/** One line of the processor's cache for each account: how many events, the newest sub-bucket, the row of rings and one, the events. */
const STRIDE = 16
const NEWEST = 1
const ROW = 2
const FIRST = 3
const PLACES = STRIDE - FIRST
/** Of a full list, so many must go for it to do. */
const WORTH_FORGETTING = 4
/** Sub-buckets of the shortest window: what is older than it is late. */
const SHORTEST = WINDOWS['30s'].buckets

/** The last few events of each account, as they came: a sub-bucket (30 bits) and a kind (2 bits) each. */
export class RecentEvents {
  readonly #pages: (Int32Array | undefined)[] = []

  /** Adds an event if it is not late. There must be room. */
  add(slot: number, bucket: number, kind: number): boolean {
    const page = this.#pages[slot >>> PAGE_BITS] ?? this.make(slot >>> PAGE_BITS)
    const base = (slot & (PAGE_SLOTS - 1)) * STRIDE
    const newest = page[base + NEWEST] as number
    if (bucket > newest) page[base + NEWEST] = bucket
    else if (bucket <= newest - SHORTEST) return false
    const size = page[base] as number
    page[base + FIRST + size] = (bucket << 2) | kind
    page[base] = size + 1
    return true
  }

  isFull(slot: number): boolean {
    return this.size(slot) === PLACES
  }

  size(slot: number): number {
    const page = this.#pages[slot >>> PAGE_BITS]
    return page === undefined ? 0 : (page[(slot & (PAGE_SLOTS - 1)) * STRIDE] as number)
  }

  /** The newest sub-bucket that the account reached; 0 before its first event. */
  newest(slot: number): number {
    return this.#pages[slot >>> PAGE_BITS]?.[(slot & (PAGE_SLOTS - 1)) * STRIDE + NEWEST] ?? 0
  }

  setNewest(slot: number, bucket: number): void {
    this.#at(slot)[(slot & (PAGE_SLOTS - 1)) * STRIDE + NEWEST] = bucket
  }

  /** The number that `setRow` gave, or -1. */
  row(slot: number): number {
    const page = this.#pages[slot >>> PAGE_BITS]
    return page === undefined ? -1 : (page[(slot & (PAGE_SLOTS - 1)) * STRIDE + ROW] as number) - 1
  }

  setRow(slot: number, row: number): void {
    this.#at(slot)[(slot & (PAGE_SLOTS - 1)) * STRIDE + ROW] = row + 1
  }

  bucketAt(slot: number, at: number): number {
    return (this.#at(slot)[(slot & (PAGE_SLOTS - 1)) * STRIDE + FIRST + at] as number) >>> 2
  }

  kindAt(slot: number, at: number): number {
    return (this.#at(slot)[(slot & (PAGE_SLOTS - 1)) * STRIDE + FIRST + at] as number) & 3
  }

  /** Events of a kind from sub-bucket `from` to before `to`. */
  count(slot: number, kind: number, from: number, to: number): number {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page === undefined) return 0
    const base = (slot & (PAGE_SLOTS - 1)) * STRIDE
    const end = base + FIRST + (page[base] as number)
    let sum = 0
    for (let at = base + FIRST; at < end; at++) {
      const event = page[at] as number
      const bucket = event >>> 2
      if ((event & 3) === kind && bucket >= from && bucket < to) sum++
    }
    return sum
  }

  /** Forgets what is older than a sub-bucket; `false`, and nothing is forgotten, where that would not help for long. */
  forgetBefore(slot: number, oldest: number): boolean {
    const page = this.#at(slot)
    const base = (slot & (PAGE_SLOTS - 1)) * STRIDE
    const end = base + FIRST + (page[base] as number)
    let old = 0
    for (let at = base + FIRST; at < end; at++) if ((page[at] as number) >>> 2 < oldest) old++
    if (old < WORTH_FORGETTING) return false
    let to = base + FIRST
    for (let at = base + FIRST; at < end; at++) if ((page[at] as number) >>> 2 >= oldest) page[to++] = page[at] as number
    page[base] = to - base - FIRST
    return true
  }

  /** Empties the list. */
  forgetAll(slot: number): void {
    this.#at(slot)[(slot & (PAGE_SLOTS - 1)) * STRIDE] = 0
  }

  /** Forgets an account. */
  clear(slot: number): void {
    const base = (slot & (PAGE_SLOTS - 1)) * STRIDE
    this.#pages[slot >>> PAGE_BITS]?.fill(0, base, base + STRIDE)
  }

  /** Numbers of the pages there are. */
  get pages(): number[] {
    return this.#pages.flatMap((page, number) => (page === undefined ? [] : [number]))
  }

  /** Slots with something in their lists. */
  *slots(): Generator<number> {
    for (const [number, page] of this.#pages.entries()) {
      if (page === undefined) continue
      for (let local = 0; local < PAGE_SLOTS; local++) if (page[local * STRIDE] !== 0) yield (number << PAGE_BITS) | local
    }
  }

  /** A page, all zero. */
  make(number: number): Int32Array {
    const page = new Int32Array(PAGE_SLOTS * STRIDE)
    while (this.#pages.length < number) this.#pages.push(undefined)
    this.#pages[number] = page
    return page
  }

  *arrays(): Generator<ArrayBufferView> {
    for (const page of this.#pages) if (page !== undefined) yield page
  }

  #at(slot: number): Int32Array {
    return this.#pages[slot >>> PAGE_BITS] ?? this.make(slot >>> PAGE_BITS)
  }
}
