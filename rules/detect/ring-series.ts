import type { RingLayout } from './ring-layout.ts'

/** A sub-bucket that is closed holds no more: 9 look-ups a second for two hours reads as 9, past every limit all the same. */
const MAX_CLOSED = 0xffff

/**
 * One kind of event of a page of accounts. An event raises `totals` and nothing else; when a sub-bucket ends, what came in since it began
 * goes into its ring. So most events cost one write, however many windows there are.
 */
export class RingSeries {
  readonly #layout: RingLayout
  readonly #windows: number
  /** All events ever, modulo 2³². */
  readonly totals: Uint32Array
  /** Per window, `totals` as it was when the sub-bucket being filled began. */
  readonly begun: Uint32Array
  /** Per window, the sum of its closed sub-buckets. */
  readonly closed: Uint32Array
  readonly rings: Uint16Array

  constructor(layout: RingLayout, slots: number) {
    this.#layout = layout
    this.#windows = layout.windows.length
    this.totals = new Uint32Array(slots)
    this.begun = new Uint32Array(slots * this.#windows)
    this.closed = new Uint32Array(slots * this.#windows)
    this.rings = new Uint16Array(slots * layout.length)
  }

  /** Of the window that ends with the sub-bucket being filled. */
  read(local: number, window: number): number {
    const at = local * this.#windows + window
    return (this.closed[at] as number) + (((this.totals[local] as number) - (this.begun[at] as number)) >>> 0)
  }

  /** Of the same window from sub-bucket `oldest` on, seen when `head` is being filled. */
  readFrom(local: number, window: number, oldest: number, head: number): number {
    if (oldest > head) return 0
    const start = local * this.#layout.length + (this.#layout.starts[window] as number)
    const buckets = this.#layout.buckets[window] as number
    let sum = ((this.totals[local] as number) - (this.begun[local * this.#windows + window] as number)) >>> 0
    for (let bucket = oldest; bucket < head; bucket++) sum += this.rings[start + (bucket % buckets)] as number
    return sum
  }

  /** Of sub-buckets `from` to before `to`, seen when `head` is being filled. */
  readSpan(local: number, window: number, from: number, to: number, head: number): number {
    const start = local * this.#layout.length + (this.#layout.starts[window] as number)
    const buckets = this.#layout.buckets[window] as number
    let sum = 0
    for (let bucket = Math.max(from, head - buckets + 1); bucket < to && bucket < head; bucket++) {
      sum += this.rings[start + (bucket % buckets)] as number
    }
    if (head < from || head >= to) return sum
    return sum + (((this.totals[local] as number) - (this.begun[local * this.#windows + window] as number)) >>> 0)
  }

  /** Ends sub-bucket `from` of a window and begins `to`; those in between were empty. */
  turn(local: number, window: number, from: number, to: number): void {
    const at = local * this.#windows + window
    const total = this.totals[local] as number
    const start = local * this.#layout.length + (this.#layout.starts[window] as number)
    const buckets = this.#layout.buckets[window] as number
    const filled = (total - (this.begun[at] as number)) >>> 0
    let closed = this.closed[at] as number
    if (filled > 0) {
      const kept = filled > MAX_CLOSED ? MAX_CLOSED : filled
      this.rings[start + (from % buckets)] = kept
      closed += kept
      this.begun[at] = total
    }
    if (closed === 0) return
    const steps = to - from < buckets ? to - from : buckets
    for (let step = 0; step < steps; step++) {
      const place = start + ((to - step) % buckets)
      closed -= this.rings[place] as number
      this.rings[place] = 0
    }
    this.closed[at] = closed
  }

  /** Takes the event that was counted last out of the sub-bucket being filled, and into the closed one it belongs to, if there still is one. */
  moveBack(local: number, window: number, bucket: number | undefined): void {
    const at = local * this.#windows + window
    this.begun[at] = (this.begun[at] as number) + 1
    if (bucket === undefined) return
    const place =
      local * this.#layout.length + (this.#layout.starts[window] as number) + (bucket % (this.#layout.buckets[window] as number))
    if (this.rings[place] === MAX_CLOSED) return
    this.rings[place] = (this.rings[place] as number) + 1
    this.closed[at] = (this.closed[at] as number) + 1
  }

  /** The clock was set back from sub-bucket `from` to `to`: what a window still holds and came later counts as of now, the rest is gone. */
  setBack(local: number, window: number, from: number, to: number): void {
    const at = local * this.#windows + window
    const start = local * this.#layout.length + (this.#layout.starts[window] as number)
    const buckets = this.#layout.buckets[window] as number
    const total = this.totals[local] as number
    if (to <= from - buckets) {
      this.rings.fill(0, start, start + buckets)
      this.closed[at] = 0
      this.begun[at] = total
      return
    }
    for (let bucket = to; bucket < from; bucket++) {
      const place = start + (bucket % buckets)
      const count = this.rings[place] as number
      this.rings[place] = 0
      this.closed[at] = (this.closed[at] as number) - count
      this.begun[at] = (this.begun[at] as number) - count
    }
  }

  clear(local: number): void {
    this.totals[local] = 0
    this.begun.fill(0, local * this.#windows, (local + 1) * this.#windows)
    this.closed.fill(0, local * this.#windows, (local + 1) * this.#windows)
    this.rings.fill(0, local * this.#layout.length, (local + 1) * this.#layout.length)
  }

  /** All that it holds, in a fixed order. */
  arrays(): (Uint16Array | Uint32Array)[] {
    return [this.totals, this.begun, this.closed, this.rings]
  }

  /** Counts the same of other accounts' windows: used when a series splits in two. */
  copyFrom(other: RingSeries): void {
    for (const [number, array] of this.arrays().entries()) array.set(other.arrays()[number] ?? [])
  }
}
