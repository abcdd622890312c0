import { CELL_LIMIT } from './cell-set.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { ageOf, cellIn, stampInto } from './stamped-table.ts'
import { FIRST_CLASS, LAST_CLASS, NOWHERE, offsetOf, WordArena } from './word-arena.ts'

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
const PLACE_BYTES = 11
/** In place of a table's class: the persons of this window are kept elsewhere. */
const ELSEWHERE = 0xff

interface Page {
  /** Newest sub-bucket, 0 before the first request. */
  readonly heads: Uint32Array
  readonly addresses: Int32Array
  /** Logarithm of the table's places, 0 without a table. */
  readonly classes: Uint8Array
  readonly counts: Uint16Array
}

/** Tables of stamped cells by slot and window, in one arena. Knows when persons were seen last, and nothing of registers. */
export class SparseWindows {
  readonly #pages: (Page | undefined)[] = []
  readonly #perSlot: number
  readonly #budget: MemoryBudget
  readonly #arena: WordArena
  readonly #kept = new Uint32Array(CELL_LIMIT)

  constructor(windows: number, budget: MemoryBudget) {
    this.#perSlot = windows
    this.#budget = budget
    this.#arena = new WordArena(budget)
  }

  /** Number of the newest sub-bucket. */
  headOf(slot: number, window: number): number {
    return this.#pages[slot >>> PAGE_BITS]?.heads[this.#at(slot, window)] ?? 0
  }

  /** Persons held. */
  countOf(slot: number, window: number): number {
    return this.#pages[slot >>> PAGE_BITS]?.counts[this.#at(slot, window)] ?? 0
  }

  /** True after `leave`. */
  isElsewhere(slot: number, window: number): boolean {
    return this.#pages[slot >>> PAGE_BITS]?.classes[this.#at(slot, window)] === ELSEWHERE
  }

  /** Takes a person in, seen in `bucket`. False if there is no room for another one, at the limit of cells or of memory. */
  stamp(slot: number, window: number, cell: number, bucket: number): boolean {
    const page = this.#pageOf(slot)
    const at = this.#at(slot, window)
    if (page.classes[at] === 0 && !this.#move(page, at, FIRST_CLASS)) return false
    const address = page.addresses[at] as number
    const sizeClass = page.classes[at] as number
    const count = page.counts[at] as number
    const place = stampInto(this.#arena.chunkOf(address), offsetOf(address), sizeClass, cell, bucket, page.heads[at] as number)
    if (place < 0) return true
    if (count < limitOf(sizeClass)) {
      page.counts[at] = count + 1
      return true
    }
    this.#arena.chunkOf(address)[place] = 0
    return sizeClass < LAST_CLASS && this.#move(page, at, sizeClass + 1) && this.stamp(slot, window, cell, bucket)
  }

  /** Makes `bucket` the newest sub-bucket and forgets whom the window of so many sub-buckets moved past. */
  roll(slot: number, window: number, bucket: number, buckets: number): void {
    const page = this.#pageOf(slot)
    const at = this.#at(slot, window)
    const head = page.heads[at] as number
    page.heads[at] = bucket
    if (page.counts[at] === 0) return
    if (bucket - head >= buckets) this.#release(page, at)
    else this.#forget(page, at, bucket, buckets)
  }

  /** Forgets everybody and sets the newest sub-bucket. */
  empty(slot: number, window: number, head: number): void {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page === undefined) return
    const at = this.#at(slot, window)
    this.#release(page, at)
    page.heads[at] = head
  }

  /** The same, and the persons are kept elsewhere from now on, until `empty`. */
  leave(slot: number, window: number, head: number): void {
    const page = this.#pageOf(slot)
    const at = this.#at(slot, window)
    this.#release(page, at)
    page.heads[at] = head
    page.classes[at] = ELSEWHERE
  }

  /** Calls `take` with the stamped word of each person. */
  each(slot: number, window: number, take: (word: number) => void): void {
    const page = this.#pages[slot >>> PAGE_BITS]
    const at = this.#at(slot, window)
    if (page === undefined || page.counts[at] === 0) return
    const address = page.addresses[at] as number
    const start = offsetOf(address)
    for (const word of this.#arena.chunkOf(address).subarray(start, start + (1 << (page.classes[at] as number))))
      if (word !== 0) take(word)
  }

  /** Calls `take` for each window that has seen a request. */
  eachUsed(take: (slot: number, window: number, head: number) => void): void {
    for (const [number, page] of this.#pages.entries())
      for (const [at, head] of page?.heads.entries() ?? [])
        if (head !== 0) take(number * PAGE_SLOTS + Math.floor(at / this.#perSlot), at % this.#perSlot, head)
  }

  #forget(page: Page, at: number, bucket: number, buckets: number): void {
    const address = page.addresses[at] as number
    const sizeClass = page.classes[at] as number
    const words = this.#arena.chunkOf(address)
    const start = offsetOf(address)
    const end = start + (1 << sizeClass)
    let kept = 0
    for (let from = start; from < end; from++) {
      const word = words[from] as number
      if (word !== 0 && ageOf(word, bucket) < buckets) this.#kept[kept++] = word
    }
    if (kept === page.counts[at]) return
    words.fill(0, start, end)
    page.counts[at] = kept
    if (kept === 0) {
      this.#release(page, at)
      return
    }
    this.#putBack(page, at, kept)
    let fitting = sizeClass
    while (fitting > FIRST_CLASS && limitOf(fitting - 1) >= kept) fitting--
    if (fitting < sizeClass) this.#move(page, at, fitting)
  }

  /** Gives a table another class. False, and nothing changed, if there is no room. */
  #move(page: Page, at: number, sizeClass: number): boolean {
    const address = this.#arena.allocate(sizeClass)
    if (address === NOWHERE) return false
    const oldClass = page.classes[at] as number
    const oldAddress = page.addresses[at] as number
    let kept = 0
    if (oldClass !== 0) {
      const words = this.#arena.chunkOf(oldAddress)
      const start = offsetOf(oldAddress)
      for (let from = start; from < start + (1 << oldClass); from++)
        if (words[from] !== 0) this.#kept[kept++] = words[from] as number
      this.#arena.release(oldAddress, oldClass)
    }
    page.addresses[at] = address
    page.classes[at] = sizeClass
    this.#putBack(page, at, kept)
    return true
  }

  /** Puts the words set aside into an empty table. */
  #putBack(page: Page, at: number, kept: number): void {
    const address = page.addresses[at] as number
    const words = this.#arena.chunkOf(address)
    const start = offsetOf(address)
    const mask = (1 << (page.classes[at] as number)) - 1
    for (let from = 0; from < kept; from++) {
      const word = this.#kept[from] as number
      let place = (cellIn(word) >>> 6) & mask
      while (words[start + place] !== 0) place = (place + 1) & mask
      words[start + place] = word
    }
  }

  #release(page: Page, at: number): void {
    const sizeClass = page.classes[at] as number
    if (sizeClass !== 0 && sizeClass !== ELSEWHERE) this.#arena.release(page.addresses[at] as number, sizeClass)
    page.classes[at] = 0
    page.counts[at] = 0
  }

  #at(slot: number, window: number): number {
    return (slot & (PAGE_SLOTS - 1)) * this.#perSlot + window
  }

  #pageOf(slot: number): Page {
    const number = slot >>> PAGE_BITS
    const page = this.#pages[number]
    if (page !== undefined) return page
    const places = PAGE_SLOTS * this.#perSlot
    const fresh: Page = {
      heads: new Uint32Array(places),
      addresses: new Int32Array(places),
      classes: new Uint8Array(places),
      counts: new Uint16Array(places),
    }
    while (this.#pages.length < number) this.#pages.push(undefined)
    this.#pages[number] = fresh
    this.#budget.usedBytes += places * PLACE_BYTES
    return fresh
  }
}

/** Persons a table of this class may hold: one place in eight stays empty, at least one, so that a search ends. */
function limitOf(sizeClass: number): number {
  const places = 1 << sizeClass
  return places - Math.max(1, places >>> 3)
}
