import { mostUsual, PANE_MS, paneOf } from './pane.ts'

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
const MAX_COUNT = 0xffff
/** An account with fewer persons in the last 5 to 10 minutes is never raised. */
const RAISED_PERSONS = 8

interface Page {
  readonly panes: Uint32Array
  readonly counts: Uint16Array
  readonly before: Uint16Array
}

/** Which accounts see more persons just now than is usual for them. 8 bytes an account. */
export class RaisedAccounts {
  readonly #pages: (Page | undefined)[] = []

  /** Counts a person; true if the account is raised. */
  add(slot: number, usualPerHour: number, atMs: number): boolean {
    const page = this.#pages[slot >>> PAGE_BITS] ?? this.#addPage(slot >>> PAGE_BITS)
    const at = slot & (PAGE_SLOTS - 1)
    const pane = paneOf(atMs)
    const held = page.panes[at] as number
    if (pane > held) {
      page.before[at] = pane === held + 1 ? (page.counts[at] as number) : 0
      page.counts[at] = 0
      page.panes[at] = pane
    }
    if ((page.counts[at] as number) < MAX_COUNT) page.counts[at] = (page.counts[at] as number) + 1
    const persons = (page.counts[at] as number) + (page.before[at] as number)
    return persons >= RAISED_PERSONS && persons > mostUsual(usualPerHour, atMs)
  }

  /** Persons in the pane before the newest one. */
  paneBefore(slot: number): number {
    return this.#pages[slot >>> PAGE_BITS]?.before[slot & (PAGE_SLOTS - 1)] ?? 0
  }

  /** Persons in the newest pane. */
  paneNow(slot: number): number {
    return this.#pages[slot >>> PAGE_BITS]?.counts[slot & (PAGE_SLOTS - 1)] ?? 0
  }

  /** Persons in pane `pane` and the one before it. */
  persons(slot: number, pane: number): number {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page === undefined) return 0
    const at = slot & (PAGE_SLOTS - 1)
    const held = page.panes[at] as number
    if (held >= pane) return (page.counts[at] as number) + (page.before[at] as number)
    return held === pane - 1 ? (page.counts[at] as number) : 0
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page !== undefined) page.panes[slot & (PAGE_SLOTS - 1)] = 0
  }

  #addPage(number: number): Page {
    const page = {
      panes: new Uint32Array(PAGE_SLOTS),
      counts: new Uint16Array(PAGE_SLOTS),
      before: new Uint16Array(PAGE_SLOTS),
    }
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
