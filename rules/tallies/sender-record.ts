/** Sequences remembered below the highest one that came without a gap. */
const MAX_AHEAD = 4_096

/** Which tallies of one start of an edge came. */
export class SenderRecord {
  /** All up to this one came, or were given up. */
  #complete = 0
  readonly #ahead = new Set<number>()
  #highest = 0

  /** Notes a sequence. */
  note(sequence: number): void {
    if (sequence <= this.#complete) return
    this.#ahead.add(sequence)
    this.#highest = Math.max(this.#highest, sequence)
    if (this.#ahead.size > MAX_AHEAD) this.#complete = Math.min(...this.#ahead) - 1
    while (this.#ahead.delete(this.#complete + 1)) this.#complete++
  }

  /** All before `sequence` are made good by it. */
  makeGood(sequence: number): void {
    for (const noted of this.#ahead) if (noted <= sequence) this.#ahead.delete(noted)
    this.#complete = Math.max(this.#complete, sequence)
    this.#highest = Math.max(this.#highest, sequence)
  }

  /** Sequences below the highest one that never came. */
  get missing(): number {
    return Math.max(0, this.#highest - this.#complete - this.#ahead.size)
  }
}
