import type { RingLayout } from './ring-layout.ts'

/** A sub-bucket that is closed holds no more: 9 look-ups a second for two hours reads as 9, past every limit all the same. */
const MAX_CLOSED = 0xffff

/**
 * One kind of event of a page of accounts. An event raises one number and nothing else; when a sub-bucket ends, what came in since it began
 * goes into its ring. So most events cost one write, however many windows there are.
 */
export class RingSeries {
  readonly #layout: RingLayout
  readonly #windows: number
  readonly #stride: number
  /**
   * Per account, side by side: all events ever, modulo 2³²; per window, that number as it was when the sub-bucket being filled began; per
   * window, the sum of its closed sub-buckets.
   */
  readonly words: Uint32Array
  readonly rings: Uint16Array

  constructor(layout: RingLayout, slots: number) {
    this.#layout = layout
    this.#windows = layout.windows.length
    this.#stride = 1 + 2 * this.#windows
    this.words = new Uint32Array(slots * this.#stride)
    this.rings = new Uint16Array(slots * layout.length)
  }

  /** Counts an event in the sub-buckets being filled. */
  add(local: number): void {
    const base = local * this.#stride
    this.words[base] = (this.words[base] as number) + 1
  }

  /** Of the window that ends with the sub-bucket being filled. */
  read(local: number, window: number): number {
    const base = local * this.#stride
    return (this.words[base + 1 + this.#windows + window] as number) + this.#filled(base, window)
  }

  /** Of the same window from sub-bucket `oldest` on, seen when `head` is being filled. */
  readFrom(local: number, window: number, oldest: number, head: number): number {
    if (oldest > head) return 0
    const start = this.#startOf(local, window)
    const buckets = this.#layout.buckets[window] as number
    let sum = this.#filled(local * this.#stride, window)
    for (let bucket = oldest; bucket < head; bucket++) sum += this.rings[start + (bucket % buckets)] as number
    return sum
  }

  /** Of sub-buckets `from` to before `to`, seen when `head` is being filled. */
  readSpan(local: number, window: number, from: number, to: number, head: number): number {
    const start = this.#startOf(local, window)
    const buckets = this.#layout.buckets[window] as number
    let sum = 0
    for (let bucket = Math.max(from, head - buckets + 1); bucket < to && bucket < head; bucket++) {
      sum += this.rings[start + (bucket % buckets)] as number
    }
    if (head < from || head >= to) return sum
    return sum + this.#filled(local * this.#stride, window)
  }

  /** Ends sub-bucket `from` of a window and begins `to`; those in between were empty. */
  turn(local: number, window: number, from: number, to: number): void {
    const base = local * this.#stride
    const closedAt = base + 1 + this.#windows + window
    const total = this.words[base] as number
    const begun = this.words[base + 1 + window] as number
    const closed = this.words[closedAt] as number
    if (total === begun && closed === 0) return
    this.words[base + 1 + window] = total
    const start = this.#startOf(local, window)
    const buckets = this.#layout.buckets[window] as number
    if (to - from >= buckets) {
      this.words[closedAt] = 0
      if (closed !== 0) this.rings.fill(0, start, start + buckets)
      return
    }
    const filled = (total - begun) >>> 0
    const kept = filled > MAX_CLOSED ? MAX_CLOSED : filled
    let place = start + (from % buckets)
    this.rings[place] = kept
    let sum = closed + kept
    for (let bucket = from; bucket < to; bucket++) {
      place = place + 1 === start + buckets ? start : place + 1
      sum -= this.rings[place] as number
      this.rings[place] = 0
    }
    this.words[closedAt] = sum
  }

  /** Takes the event that was counted last out of the sub-bucket being filled, and into the closed one it belongs to, if there still is one. */
  moveBack(local: number, window: number, bucket: number | undefined): void {
    const base = local * this.#stride
    this.words[base + 1 + window] = (this.words[base + 1 + window] as number) + 1
    if (bucket === undefined) return
    const place = this.#startOf(local, window) + (bucket % (this.#layout.buckets[window] as number))
    if (this.rings[place] === MAX_CLOSED) return
    this.rings[place] = (this.rings[place] as number) + 1
    const closedAt = base + 1 + this.#windows + window
    this.words[closedAt] = (this.words[closedAt] as number) + 1
  }

  /** The clock was set back from sub-bucket `from` to `to`: what a window still holds and came later counts as of now, the rest is gone. */
  setBack(local: number, window: number, from: number, to: number): void {
    const base = local * this.#stride
    const begunAt = base + 1 + window
    const closedAt = base + 1 + this.#windows + window
    const start = this.#startOf(local, window)
    const buckets = this.#layout.buckets[window] as number
    if (to <= from - buckets) {
      this.rings.fill(0, start, start + buckets)
      this.words[closedAt] = 0
      this.words[begunAt] = this.words[base] as number
      return
    }
    for (let bucket = to; bucket < from; bucket++) {
      const place = start + (bucket % buckets)
      const count = this.rings[place] as number
      this.rings[place] = 0
      this.words[closedAt] = (this.words[closedAt] as number) - count
      this.words[begunAt] = (this.words[begunAt] as number) - count
    }
  }

  clear(local: number): void {
    this.words.fill(0, local * this.#stride, (local + 1) * this.#stride)
    this.rings.fill(0, local * this.#layout.length, (local + 1) * this.#layout.length)
  }

  /** Takes over all that `other` counted. */
  copyFrom(other: RingSeries): void {
    this.words.set(other.words)
    this.rings.set(other.rings)
  }

  /** Events since the sub-bucket being filled began. */
  #filled(base: number, window: number): number {
    return ((this.words[base] as number) - (this.words[base + 1 + window] as number)) >>> 0
  }

  #startOf(local: number, window: number): number {
    return local * this.#layout.length + (this.#layout.starts[window] as number)
  }
}
