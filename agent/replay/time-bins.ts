/** How often something happened in each stretch of `widthMs`, kept for those stretches alone in which it did. */
export class TimeBins {
  readonly widthMs: number
  /** Rising numbers of stretches, and what was counted in each. */
  readonly #bins: number[] = []
  readonly #counts: number[] = []

  constructor(widthMs: number) {
    this.widthMs = widthMs
  }

  add(atMs: number): void {
    const bin = Math.floor(atMs / this.widthMs)
    // Logs are almost in order: what comes late belongs close to the end.
    let at = this.#bins.length - 1
    while (at >= 0 && (this.#bins[at] as number) > bin) at--
    if (at >= 0 && this.#bins[at] === bin) this.#counts[at] = (this.#counts[at] as number) + 1
    else {
      this.#bins.splice(at + 1, 0, bin)
      this.#counts.splice(at + 1, 0, 1)
    }
  }

  /** The most in one stretch, and where that begins; the first of equals. */
  peak(): { readonly count: number; readonly fromMs: number } {
    const count = this.#counts.reduce((most, each) => Math.max(most, each), 0)
    return { count, fromMs: (this.#bins[this.#counts.indexOf(count)] ?? 0) * this.widthMs }
  }

  /** The counts from `fromMs` on, in `columns` columns of `stretches` stretches each; what lies outside is left out. */
  columns(fromMs: number, columns: number, stretches: number): number[] {
    const sums = Array.from({ length: columns }, () => 0)
    const first = Math.floor(fromMs / this.widthMs)
    for (const [at, bin] of this.#bins.entries()) {
      const column = Math.floor((bin - first) / stretches)
      if (column >= 0 && column < columns) sums[column] = (sums[column] as number) + (this.#counts[at] as number)
    }
    return sums
  }
}
