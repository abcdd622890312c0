/**
 * How the number of a look-up differs from the nearest of the last four that the account looked up, as far as the parser tells: 0 not known, 1 one more,
 * 2 one less, 3 the same, 4 near (2 to 50 away), 5 far.
 */
export type StepClass = 0 | 1 | 2 | 3 | 4 | 5

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
const MAX_SCORE = 30
/**
 * Logarithms of how much likelier a step is in a walk than with honest patients, by class. Families have numbers side by side, so one in ten honest steps is by
 * one and one in ten is near; in a walk, allowing for gaps, two in three and three in ten.
 */
const WEIGHTS = [0, Math.log(0.66 / 0.1), Math.log(0.66 / 0.1), 0, Math.log(0.3 / 0.1), Math.log(0.04 / 0.8)]

/**
 * Sees numbers that go up or down one by one: about ten of them are enough (a one-sided cumulative sum, Page 1954). What it needs of the parser:
 * `subjectStep`, a `StepClass` worked out at parse time; no number is kept here. 4 bytes an account.
 */
export class StepTracker {
  readonly #pages: (Float32Array | undefined)[] = []

  /** Counts a look-up. */
  add(slot: number, step: StepClass): void {
    const weight = WEIGHTS[step] as number
    if (weight === 0) return
    const page = this.#pages[slot >>> PAGE_BITS] ?? this.#addPage(slot >>> PAGE_BITS)
    const at = slot & (PAGE_SLOTS - 1)
    page[at] = Math.min(MAX_SCORE, Math.max(0, (page[at] as number) + weight))
  }

  /** 0 to 30; 15 is sure. */
  score(slot: number): number {
    return this.#pages[slot >>> PAGE_BITS]?.[slot & (PAGE_SLOTS - 1)] ?? 0
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page !== undefined) page[slot & (PAGE_SLOTS - 1)] = 0
  }

  #addPage(number: number): Float32Array {
    const page = new Float32Array(PAGE_SLOTS)
    while (this.#pages.length < number) this.#pages.push(undefined)
    this.#pages[number] = page
    return page
  }
}
