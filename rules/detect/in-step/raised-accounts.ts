import { mostUsual, PANE_MS, paneOf } from './pane.ts'

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
const MAX_COUNT = 0xffff
/** An account with fewer persons in the last 5 to 10 minutes is never raised. */
const RAISED_PERSONS = 8

/** Of one account, side by side: the newest pane, and the persons in it (low half) and in the one before it (high half). */
const WORDS = 2

/** Which accounts see more persons just now than is usual for them. 8 bytes an account. */
export class RaisedAccounts {
  readonly #pages: (Uint32Array | undefined)[] = []

  /** Counts a person; true if the account is raised. */
  add(slot: number, usualPerHour: number, atMs: number): boolean {
    const page = this.#pages[slot >>> PAGE_BITS] ?? this.#addPage(slot >>> PAGE_BITS)
    const at = (slot & (PAGE_SLOTS - 1)) * WORDS
    const pane = paneOf(atMs)
    const held = page[at] as number
    let counts = page[at + 1] as number
    if (pane > held) {
      counts = pane === held + 1 ? counts << 16 : 0
      page[at] = pane
    }
    if ((counts & MAX_COUNT) < MAX_COUNT) counts += 1
    page[at + 1] = counts
    const persons = (counts & MAX_COUNT) + (counts >>> 16)
    return persons >= RAISED_PERSONS && persons > mostUsual(usualPerHour, atMs)
  }

  /** Persons in the pane before the newest one. */
  paneBefore(slot: number): number {
    return this.#countsOf(slot) >>> 16
  }

  /** Persons in the newest pane. */
  paneNow(slot: number): number {
    return this.#countsOf(slot) & MAX_COUNT
  }

  /** Persons in pane `pane` and the one before it. */
  persons(slot: number, pane: number): number {
    const held = this.#pages[slot >>> PAGE_BITS]?.[(slot & (PAGE_SLOTS - 1)) * WORDS] ?? 0
    if (held >= pane) return this.paneNow(slot) + this.paneBefore(slot)
    return held === pane - 1 ? this.paneNow(slot) : 0
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page !== undefined) page[(slot & (PAGE_SLOTS - 1)) * WORDS] = 0
  }

  #countsOf(slot: number): number {
    return this.#pages[slot >>> PAGE_BITS]?.[(slot & (PAGE_SLOTS - 1)) * WORDS + 1] ?? 0
  }

  #addPage(number: number): Uint32Array {
    const page = new Uint32Array(PAGE_SLOTS * WORDS)
    while (this.#pages.length < number) this.#pages.push(undefined)
    this.#pages[number] = page
    return page
  }
}

/** Persons a minute in a pane, by powers of two with and without half a power: rates that are near agree in one of both. */
export function rateLevels(persons: number): readonly [number, number] {
  const power = Math.log2(Math.max(1, persons) / (PANE_MS / 60_000))
  return [Math.round(power), Math.round(power + 0.5)]
}
