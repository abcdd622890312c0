import { type Static, Type } from 'typebox'
import { COUNT } from './state/state-reader.ts'

/** Which pages and growing sets there are: slot, places of the present and the former set, persons, and since when. */
export const MemoryShape = Type.Object({
  pages: Type.Array(COUNT),
  large: Type.Array(Type.Array(Type.Number({ minimum: 0 }), { minItems: 5, maxItems: 5 })),
})

const INLINE = 16
const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
/** A person is remembered for at least this long, unless an account looks up more of them than it may hold. */
const GENERATION_MS = 12 * 3_600_000
const FIRST_WORDS = 64
const MAX_WORDS = 65_536

interface Page {
  readonly hashes: Uint32Array
  readonly used: Uint8Array
  /** Where the next hash goes. */
  readonly cursor: Uint8Array
  /** When the present turn through the inline places began. */
  readonly since: Float64Array
}

/** Open-addressed sets of hashes: the present one and the one before it. */
interface Generations {
  current: Uint32Array
  count: number
  previous: Uint32Array
  /** There was no set before the present one: `previous` is empty and need not be looked through. */
  isFirst: boolean
  sinceMs: number
}

/**
 * Remembers, per account, whom it looked up lately (12 to 24 hours), as 32 bits of the keyed hash. Most accounts fit into 16 places;
 * busier ones get growing sets of two generations. Bounded: over the limits an account forgets its older half, and a person
 * may then count as new once more.
 */
export class SubjectMemory {
  readonly #pages: (Page | undefined)[] = []
  /** By slot. */
  readonly #large: (Generations | undefined)[] = []
  readonly #maxWords: number
  #words = 0

  /** `maxWords`: 4-byte places that all growing sets together may take. */
  constructor(maxWords = 8_388_608) {
    this.#maxWords = maxWords
  }

  /** 4-byte places the growing sets take now. */
  get words(): number {
    return this.#words
  }

  /** True if the account looked up the person with this hash lately; remembers that it does now. */
  recall(slot: number, subjectHash: number, atMs: number): boolean {
    const hash = subjectHash >>> 0 || 1
    const large = this.#large[slot]
    return large === undefined ? this.#recallInline(slot, hash, atMs) : this.#recallLarge(large, hash, atMs)
  }

  /** Looks at where the person would be; what it gives means nothing. */
  glance(slot: number, subjectHash: number): number {
    const hash = subjectHash >>> 0
    const large = this.#large[slot]
    if (large !== undefined) {
      const { current, previous } = large
      return (
        (current[hash & (current.length - 1)] as number) ^
        (large.isFirst ? 0 : (previous[hash & (previous.length - 1)] as number))
      )
    }
    const page = this.#pages[slot >>> PAGE_BITS]
    const local = slot & (PAGE_SLOTS - 1)
    return page === undefined ? 0 : (page.hashes[local * INLINE] as number) ^ (page.used[local] as number)
  }

  /** The same as `recall` without remembering anything. */
  knows(slot: number, subjectHash: number): boolean {
    const hash = subjectHash >>> 0 || 1
    const large = this.#large[slot]
    if (large !== undefined) return has(large.current, hash) || has(large.previous, hash)
    const page = this.#pages[slot >>> PAGE_BITS]
    const start = (slot & (PAGE_SLOTS - 1)) * INLINE
    return page?.hashes.subarray(start, start + (page.used[slot & (PAGE_SLOTS - 1)] as number)).includes(hash) === true
  }

  /** Forgets an account. */
  clear(slot: number): void {
    const large = this.#large[slot]
    if (large !== undefined) {
      this.#words -= large.current.length + large.previous.length
      this.#large[slot] = undefined
    }
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page === undefined) return
    page.used[slot & (PAGE_SLOTS - 1)] = 0
    page.cursor[slot & (PAGE_SLOTS - 1)] = 0
  }

  /** What it needs to be made again, for the arrays to fit. */
  shape(): Static<typeof MemoryShape> {
    const large = this.#large.flatMap((held, slot) =>
      held === undefined ? [] : [[slot, held.current.length, held.previous.length, held.count, held.sinceMs]],
    )
    return { pages: this.#pages.flatMap((page, number) => (page === undefined ? [] : [number])), large }
  }

  /** Makes what `shape` told, all of it zero; `false` if there is no room for it. */
  reshape({ pages, large }: Static<typeof MemoryShape>): boolean {
    for (const number of pages) this.#pageOf(number << PAGE_BITS)
    for (const [slot = 0, current = 0, previous = 0, count = 0, sinceMs = 0] of large) {
      this.#words += current + previous
      if (this.#words > this.#maxWords) return false
      this.#keep(slot, {
        current: new Uint32Array(current),
        previous: new Uint32Array(previous),
        isFirst: false,
        count,
        sinceMs,
      })
    }
    return true
  }

  /** All that it holds, in a fixed order. */
  *arrays(): Generator<ArrayBufferView> {
    for (const page of this.#pages) if (page !== undefined) yield* [page.hashes, page.used, page.cursor, page.since]
    for (const held of this.#large) if (held !== undefined) yield* [held.current, held.previous]
  }

  #recallInline(slot: number, hash: number, atMs: number): boolean {
    const page = this.#pageOf(slot)
    const local = slot & (PAGE_SLOTS - 1)
    const start = local * INLINE
    const used = page.used[local] as number
    for (let place = 0; place < used; place++) if (page.hashes[start + place] === hash) return true
    const cursor = page.cursor[local] as number
    if (cursor === 0) {
      const isQuickTurn = used === INLINE && Math.abs(atMs - (page.since[local] as number)) < GENERATION_MS
      if (isQuickTurn && this.#words + 2 * FIRST_WORDS <= this.#maxWords) return this.#grow(slot, page, hash, atMs)
      page.since[local] = atMs
    }
    page.hashes[start + cursor] = hash
    page.cursor[local] = (cursor + 1) % INLINE
    if (used < INLINE) page.used[local] = used + 1
    return false
  }

  #grow(slot: number, page: Page, hash: number, atMs: number): boolean {
    const local = slot & (PAGE_SLOTS - 1)
    const large: Generations = {
      current: new Uint32Array(FIRST_WORDS),
      count: 0,
      previous: new Uint32Array(FIRST_WORDS),
      isFirst: true,
      sinceMs: page.since[local] as number,
    }
    this.#words += 2 * FIRST_WORDS
    for (const known of page.hashes.subarray(local * INLINE, (local + 1) * INLINE)) insert(large.current, known)
    large.count = INLINE
    this.#keep(slot, large)
    return this.#recallLarge(large, hash, atMs)
  }

  #keep(slot: number, large: Generations): void {
    // Without holes, so that it stays a plain array however far apart the slots are.
    while (this.#large.length <= slot) this.#large.push(undefined)
    this.#large[slot] = large
  }

  #recallLarge(large: Generations, hash: number, atMs: number): boolean {
    if (Math.abs(atMs - large.sinceMs) >= GENERATION_MS) this.#turn(large, atMs)
    const place = placeOf(large.current, hash)
    if (large.current[place] === hash) return true
    const isKnown = !large.isFirst && has(large.previous, hash)
    if (large.count * 2 >= large.current.length) {
      this.#makeRoom(large, atMs)
      insert(large.current, hash)
    } else large.current[place] = hash
    large.count++
    return isKnown
  }

  #makeRoom(large: Generations, atMs: number): void {
    const words = large.current.length
    if (words >= MAX_WORDS || this.#words + words > this.#maxWords) {
      this.#turn(large, atMs)
      return
    }
    const wider = new Uint32Array(words * 2)
    for (const known of large.current) if (known !== 0) insert(wider, known)
    large.current = wider
    this.#words += words
  }

  #turn(large: Generations, atMs: number): void {
    this.#words -= large.previous.length
    large.previous = large.current
    large.isFirst = false
    large.current = new Uint32Array(FIRST_WORDS)
    this.#words += FIRST_WORDS
    large.count = 0
    large.sinceMs = atMs
  }

  #pageOf(slot: number): Page {
    const number = slot >>> PAGE_BITS
    const page = this.#pages[number]
    if (page !== undefined) return page
    const fresh: Page = {
      hashes: new Uint32Array(PAGE_SLOTS * INLINE),
      used: new Uint8Array(PAGE_SLOTS),
      cursor: new Uint8Array(PAGE_SLOTS),
      since: new Float64Array(PAGE_SLOTS),
    }
    this.#pages[number] = fresh
    return fresh
  }
}

function has(set: Uint32Array, hash: number): boolean {
  return set[placeOf(set, hash)] === hash
}

function insert(set: Uint32Array, hash: number): void {
  set[placeOf(set, hash)] = hash
}

/** Where a hash is, or would be put. */
function placeOf(set: Uint32Array, hash: number): number {
  const mask = set.length - 1
  let place = hash & mask
  while (set[place] !== hash && set[place] !== 0) place = (place + 1) & mask
  return place
}
