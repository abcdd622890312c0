import type { RingLayout } from './ring-layout.ts'
import { RingSeries } from './ring-series.ts'

export const PAGE_BITS = 10
export const PAGE_SLOTS = 1 << PAGE_BITS
/** So many late requests of one account in a row, and its clock is believed to have been set back. */
const LATE_RUN = 16

/** Several series of a page of accounts that turn together: each account's windows end at its own newest event. */
export class RingPage {
  readonly #layout: RingLayout
  readonly #slots: number
  readonly #series: (RingSeries | undefined)[] = []
  /** Number of the newest shortest sub-bucket since 1970; 0 before the first event. */
  readonly newest: Uint32Array
  readonly #lateRun: Uint8Array
  /** Where `newest` was before it was last set back. */
  readonly #setBackFrom: Uint32Array

  constructor(layout: RingLayout, slots: number) {
    this.#layout = layout
    this.#slots = slots
    this.newest = new Uint32Array(slots)
    this.#lateRun = new Uint8Array(slots)
    this.#setBackFrom = new Uint32Array(slots)
  }

  /** Series `number`, if it was made. */
  find(number: number): RingSeries | undefined {
    return this.#series[number]
  }

  /** Series `number`, made when it is first needed. */
  make(number: number): RingSeries {
    const known = this.#series[number]
    if (known !== undefined) return known
    const fresh = new RingSeries(this.#layout, this.#slots)
    this.#series[number] = fresh
    return fresh
  }

  /**
   * Has the account's windows end with sub-bucket `bucket`, or finds that it is late. After many late ones in a row the windows are set back.
   * `true`: it came too late for the shortest window.
   */
  reach(local: number, bucket: number): boolean {
    const head = this.newest[local] as number
    if (bucket > head) {
      if (head !== 0) this.#turn(local, head, bucket)
      this.newest[local] = bucket
      this.#lateRun[local] = 0
      return false
    }
    if (bucket > head - (this.#layout.buckets[0] as number)) {
      if (this.#lateRun[local] !== 0) this.#lateRun[local] = 0
      return false
    }
    const run = (this.#lateRun[local] as number) + 1
    this.#lateRun[local] = run === LATE_RUN ? 0 : run
    if (run < LATE_RUN) return true
    this.#setBack(local, head, bucket)
    return false
  }

  /** Counts one event of series `number` in sub-bucket `bucket`, which is not newer than the newest. */
  count(local: number, number: number, bucket: number): void {
    const series = this.#series[number] ?? this.make(number)
    series.add(local)
    const head = this.newest[local] as number
    if (bucket === head) return
    const { ratios, buckets, windows } = this.#layout
    for (let window = 0; window < windows.length; window++) {
      const ratio = ratios[window] as number
      const own = Math.floor(bucket / ratio)
      const newest = Math.floor(head / ratio)
      // Longer windows are made of whole sub-buckets of this one.
      if (own === newest) return
      series.moveBack(local, window, own > newest - (buckets[window] as number) ? own : undefined)
    }
  }

  /** Count of a window that ends at `nowMs`, if that is later than the newest event. */
  readAt(local: number, number: number, window: number, nowMs: number): number {
    const series = this.#series[number]
    if (series === undefined) return 0
    const { stepMs, ratios, buckets } = this.#layout
    const ratio = ratios[window] as number
    const head = Math.floor((this.newest[local] as number) / ratio)
    const now = Math.floor(nowMs / (stepMs * ratio))
    return series.readFrom(local, window, Math.max(head, now) - (buckets[window] as number) + 1, head)
  }

  /** The most in one sub-bucket of a window, `numbers` together; of times that were lived twice, as the clock was set back, none. */
  most(local: number, numbers: readonly number[], window: number): number {
    const ratio = this.#layout.ratios[window] as number
    const head = Math.floor((this.newest[local] as number) / ratio)
    const first =
      Math.max(head - (this.#layout.buckets[window] as number), Math.floor((this.#setBackFrom[local] as number) / ratio)) + 1
    let most = 0
    for (let bucket = first; bucket <= head; bucket++) {
      let sum = 0
      for (const number of numbers) sum += this.#series[number]?.readSpan(local, window, bucket, bucket + 1, head) ?? 0
      if (sum > most) most = sum
    }
    return most
  }

  /** Count from `fromMs` to before `toMs`, whole sub-buckets of a window, as far as it still holds them. */
  readSpan(local: number, number: number, window: number, fromMs: number, toMs: number): number {
    const series = this.#series[number]
    if (series === undefined) return 0
    const { stepMs, ratios } = this.#layout
    const ratio = ratios[window] as number
    const head = Math.floor((this.newest[local] as number) / ratio)
    return series.readSpan(local, window, Math.floor(fromMs / (stepMs * ratio)), Math.floor(toMs / (stepMs * ratio)), head)
  }

  clear(local: number): void {
    this.newest[local] = 0
    this.#lateRun[local] = 0
    this.#setBackFrom[local] = 0
    for (const series of this.#series) series?.clear(local)
  }

  /** Numbers of the series that were made. */
  get made(): number[] {
    return this.#series.flatMap((series, number) => (series === undefined ? [] : [number]))
  }

  /** All that it holds, in a fixed order. */
  *arrays(): Generator<ArrayBufferView> {
    yield this.newest
    yield this.#lateRun
    for (const series of this.#series) {
      if (series === undefined) continue
      yield series.words
      yield series.rings
    }
  }

  #turn(local: number, from: number, to: number): void {
    const { ratios, windows } = this.#layout
    for (let window = 0; window < windows.length; window++) {
      const ratio = ratios[window] as number
      const [ended, begun] = [Math.floor(from / ratio), Math.floor(to / ratio)]
      if (ended === begun) return
      for (const series of this.#series) series?.turn(local, window, ended, begun)
    }
  }

  #setBack(local: number, from: number, to: number): void {
    const { ratios, windows } = this.#layout
    for (let window = 0; window < windows.length; window++) {
      const ratio = ratios[window] as number
      for (const series of this.#series) {
        series?.setBack(local, window, Math.floor(from / ratio), Math.floor(to / ratio))
      }
    }
    this.newest[local] = to
    this.#setBackFrom[local] = from
  }
}
