/** What an account's walk over numbers looks like. One object is filled again and again. */
export interface WalkFigures {
  /** Persons seen with a block, lately (half-life 12 hours). */
  persons: number
  /** Of those, persons in blocks that were filled in one stretch: a walk leaves such blocks, patients who come as they come do not. */
  densePersons: number
  /** Persons in the fullest of these blocks, at least. */
  densest: number
  /** 0 to 30: how surely persons come block after block, a sum of logarithms of likelihood ratios; 15 is sure. */
  orderScore: number
}

export function createWalkFigures(): WalkFigures {
  return { persons: 0, densePersons: 0, densest: 0, orderScore: 0 }
}

/** Blocks followed at a time for each account (Metwally: "Efficient computation of frequent and top-k elements", 2005: the one with the fewest goes). */
const FOLLOWED = 16
const PAGE_ROWS = 256
const HOUR_MS = 3_600_000
const HALF_LIFE_H = 12
/** A block counts as dense with so many persons, if they are at least this part of all persons that the account saw while it filled. */
const DENSE_PERSONS = 40
const DENSE_PART = 0.25
/** A person belongs to an order if one of the last so many persons was of the same block. */
const LAST = 4
/** Half of an honest account's persons may do so (a small commune has few blocks), nine in ten of a walk do. */
const HIT = Math.log(0.9 / 0.5)
const MISS = Math.log(0.1 / 0.5)
const MAX_SCORE = 30
/** Rows looked at to find one that may be taken from another account. */
const CANDIDATES = 8

interface Page {
  readonly blocks: Int32Array
  /** Persons of the block, those it took over from the block before it, and how many persons the account had when it came in. */
  readonly counts: Uint32Array
  readonly errors: Uint32Array
  readonly firsts: Uint32Array
  readonly lasts: Uint32Array
  readonly hours: Uint32Array
  readonly owners: Int32Array
  /** Persons ever, and persons by half-life. */
  readonly ordinals: Uint32Array
  readonly persons: Float32Array
  readonly agedHours: Uint32Array
  readonly recent: Int32Array
  readonly scores: Float32Array
}

/**
 * Sees an ordered or dense walk over numbers without a number: also one that is shuffled inside a thousand, leaves gaps, or mixes with up to three times as
 * many honest look-ups. What it needs of the parser: `subjectBlock`, a keyed hash of the BHXH number divided by 1,000 (a 32-bit integer
 * of either sign; 0 where the subject is no number), beside `subject`.
 *
 * Honest look-alikes: a commune's vaccination day fills few blocks, but all at once and in no order; a works' health check in the order of
 * the staff list is an order, but of no more persons than work there. So a walk is weighed together with what is usual for the account.
 *
 * Memory: 420 bytes for each of at most `maxAccounts` accounts (8.4 MB); beyond that the smallest of a few idle ones goes.
 */
export class WalkTracker {
  readonly #pages: Page[] = []
  readonly #rows = new Map<number, number>()
  readonly #free: number[] = []
  readonly #maxAccounts: number
  #used = 0
  #hand = 0

  constructor(maxAccounts = 20_000) {
    this.#maxAccounts = maxAccounts
  }

  /** Accounts followed. */
  get size(): number {
    return this.#rows.size
  }

  /** Counts a person whom the account had not looked up lately (`SubjectMemory.recall` was false). */
  add(slot: number, block: number, atMs: number): void {
    if (block === 0) return
    const row = this.#rows.get(slot) ?? this.#admit(slot)
    const page = this.#pageOf(row)
    const local = row % PAGE_ROWS
    const hour = Math.floor(atMs / HOUR_MS)
    age(page, local, hour)
    page.persons[local] = (page.persons[local] as number) + 1
    const ordinal = (page.ordinals[local] as number) + 1
    page.ordinals[local] = ordinal
    score(page, local, block, ordinal)
    count(page, local * FOLLOWED, block, ordinal, hour)
  }

  /** Fills `into` with what is known at `atMs`. */
  figures(slot: number, atMs: number, into: WalkFigures): WalkFigures {
    into.persons = 0
    into.densePersons = 0
    into.densest = 0
    into.orderScore = 0
    const row = this.#rows.get(slot)
    if (row === undefined) return into
    const page = this.#pageOf(row)
    const local = row % PAGE_ROWS
    const oldest = Math.floor(atMs / HOUR_MS) - HALF_LIFE_H
    into.persons = Math.round(page.persons[local] as number)
    into.orderScore = page.scores[local] as number
    for (let at = local * FOLLOWED; at < (local + 1) * FOLLOWED; at++) {
      const persons = (page.counts[at] as number) - (page.errors[at] as number)
      const stretch = (page.lasts[at] as number) - (page.firsts[at] as number) + 1
      if (persons < DENSE_PERSONS || persons < DENSE_PART * stretch || (page.hours[at] as number) < oldest) continue
      into.densePersons += persons
      if (persons > into.densest) into.densest = persons
    }
    return into
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    const row = this.#rows.get(slot)
    if (row === undefined) return
    this.#rows.delete(slot)
    this.#free.push(row)
  }

  #admit(slot: number): number {
    const row = this.#free.pop() ?? (this.#used < this.#maxAccounts ? this.#used++ : this.#takeOver())
    if (row >= this.#pages.length * PAGE_ROWS) this.#pages.push(createPage())
    const page = this.#pageOf(row)
    const local = row % PAGE_ROWS
    for (const list of [page.blocks, page.counts, page.errors, page.firsts, page.lasts, page.hours])
      list.fill(0, local * FOLLOWED, (local + 1) * FOLLOWED)
    page.recent.fill(0, local * LAST, (local + 1) * LAST)
    for (const list of [page.ordinals, page.persons, page.agedHours, page.scores]) list[local] = 0
    page.owners[local] = slot
    this.#rows.set(slot, row)
    return row
  }

  /** The row with the fewest persons of the next few. */
  #takeOver(): number {
    let least = this.#hand
    for (let tried = 0; tried < CANDIDATES; tried++) {
      if (this.#personsIn(this.#hand) < this.#personsIn(least)) least = this.#hand
      this.#hand = (this.#hand + 1) % this.#maxAccounts
    }
    this.#rows.delete(this.#pageOf(least).owners[least % PAGE_ROWS] as number)
    return least
  }

  #personsIn(row: number): number {
    return this.#pageOf(row).persons[row % PAGE_ROWS] as number
  }

  #pageOf(row: number): Page {
    return this.#pages[Math.floor(row / PAGE_ROWS)] as Page
  }
}

/** Halves the persons for each half-life that passed. */
function age(page: Page, local: number, hour: number): void {
  const aged = page.agedHours[local] as number
  if (aged === 0) page.agedHours[local] = hour
  else if (hour - aged >= HALF_LIFE_H) {
    const halvings = Math.floor((hour - aged) / HALF_LIFE_H)
    page.persons[local] = (page.persons[local] as number) / 2 ** halvings
    if (halvings > 1) page.scores[local] = 0
    page.agedHours[local] = aged + halvings * HALF_LIFE_H
  }
}

function score(page: Page, local: number, block: number, ordinal: number): void {
  const start = local * LAST
  let isHit = false
  for (let back = 0; back < LAST; back++) if (page.recent[start + back] === block) isHit = true
  page.recent[start + (ordinal % LAST)] = block
  page.scores[local] = Math.min(MAX_SCORE, Math.max(0, (page.scores[local] as number) + (isHit ? HIT : MISS)))
}

function count(page: Page, start: number, block: number, ordinal: number, hour: number): void {
  let fewest = start
  for (let at = start; at < start + FOLLOWED; at++) {
    if (page.blocks[at] === block) {
      page.counts[at] = (page.counts[at] as number) + 1
      page.lasts[at] = ordinal
      page.hours[at] = hour
      return
    }
    if ((page.counts[at] as number) < (page.counts[fewest] as number)) fewest = at
  }
  page.blocks[fewest] = block
  page.errors[fewest] = page.counts[fewest] as number
  page.counts[fewest] = (page.counts[fewest] as number) + 1
  page.firsts[fewest] = ordinal
  page.lasts[fewest] = ordinal
  page.hours[fewest] = hour
}

function createPage(): Page {
  return {
    blocks: new Int32Array(PAGE_ROWS * FOLLOWED),
    counts: new Uint32Array(PAGE_ROWS * FOLLOWED),
    errors: new Uint32Array(PAGE_ROWS * FOLLOWED),
    firsts: new Uint32Array(PAGE_ROWS * FOLLOWED),
    lasts: new Uint32Array(PAGE_ROWS * FOLLOWED),
    hours: new Uint32Array(PAGE_ROWS * FOLLOWED),
    owners: new Int32Array(PAGE_ROWS),
    ordinals: new Uint32Array(PAGE_ROWS),
    persons: new Float32Array(PAGE_ROWS),
    agedHours: new Uint32Array(PAGE_ROWS),
    recent: new Int32Array(PAGE_ROWS * LAST),
    scores: new Float32Array(PAGE_ROWS),
  }
}
