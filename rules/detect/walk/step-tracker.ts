/**
 * How an account's number differs from the number it looked up before, as the parser may tell: `0` unknown, `1` one more, `2` one less,
 * `3` the same, `4` near (2 to 50 away), `5` far.
 */
export type StepClass = 0 | 1 | 2 | 3 | 4 | 5

/** Sees numbers that go up or down one by one. What it needs of the parser: `subjectStep`, a `StepClass`. */
export class StepTracker {
  readonly #scores: Float32Array[] = []

  /** Counts a look-up. */
  add(_slot: number, _step: StepClass): void {}

  /** 0 to 30; 15 is sure. */
  score(slot: number): number {
    return this.#scores[slot >>> 10]?.[slot & 1023] ?? 0
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    this.#scores[slot >>> 10]?.fill(0, slot & 1023, (slot & 1023) + 1)
  }
}
