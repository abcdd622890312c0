import { type SlidingWindow, WINDOWS, type WindowName, windowNumber } from '../windows.ts'
import { cellOf, rankOf, registerOf } from './cell.ts'
import { CELL_LIMIT } from './cell-set.ts'
import { DenseWindow } from './dense-window.ts'
import { DistinctSketch } from './distinct-sketch.ts'
import { estimateFromCells, estimateFromHistogram } from './estimate.ts'
import { MemoryBudget } from './memory-budget.ts'
import { histogramOf } from './registers.ts'
import { SparseWindows } from './sparse-windows.ts'
import { ageOf, cellIn } from './stamped-table.ts'

export interface DistinctWindowsOptions {
  /** `['1h', '24h']` unless told. */
  readonly windows?: readonly WindowName[]
  /** What all accounts together may take, in bytes; 100 MiB unless told. */
  readonly maxBytes?: number
}

const DEFAULT_MAX_BYTES = 100 * 1_048_576
/** So many late requests of one account in a row, and its clock is believed to have been set back. */
const LATE_RUN = 16
/** Log time between two searches for accounts whose windows ran empty. */
const SWEEP_EVERY_MS = 600_000

/**
 * Distinct persons of many accounts in sliding windows, by slot. A person counts in a window as long as the last look-up of them lies
 * in it; windows are those of `WINDOWS`, end at the account's own newest request and cover at least their span and at most one
 * sub-bucket more. Error: ± 0.1 % up to 3,584 persons, standard error 0.81 % beyond.
 *
 * Memory: 11 bytes an account and window, and 16 bytes to 16 KiB for its persons (5 to 10 bytes each); a window with more than 3,584 persons takes 33 KB
 * and up to 16 KB for each sub-bucket. At the cap a window that has no room keeps the persons it knows and takes in no new ones until it moves on (`read` is
 * then a lower bound, `refused` counts): whatever the flood, no account is read as larger than it is.
 */
export class DistinctWindows {
  readonly #budget: MemoryBudget
  readonly #spans: readonly SlidingWindow[]
  /** Position of a window among ours, by `windowNumber`. */
  readonly #positions = new Map<number, number>()
  readonly #sparse: SparseWindows
  readonly #dense = new Map<number, DenseWindow>()
  readonly #lateRuns: Uint8Array[] = []
  #newestMs = 0
  #sweptMs = 0
  /** Look-ups of persons that were not taken in for lack of room. */
  refused = 0

  constructor(options: DistinctWindowsOptions = {}) {
    const names = options.windows ?? ['1h', '24h']
    this.#spans = names.map((name) => WINDOWS[name])
    for (const [position, name] of names.entries()) this.#positions.set(windowNumber(name), position)
    this.#budget = new MemoryBudget(options.maxBytes ?? DEFAULT_MAX_BYTES)
    this.#sparse = new SparseWindows(names.length, this.#budget)
  }

  /** What all accounts take now, at most `maxBytes` and what the slots themselves take. */
  get bytes(): number {
    return this.#budget.usedBytes
  }

  /** Windows with registers. */
  get dense(): number {
    return this.#dense.size
  }

  /** Counts a look-up of the person with this hash (`SubjectHash`). Allocates nothing but room for more persons. */
  add(slot: number, high: number, low: number, atMs: number): void {
    const cell = cellOf(high, low)
    if (atMs > this.#newestMs) this.#newestMs = atMs
    for (let position = 0; position < this.#spans.length; position++) {
      const { bucketMs, buckets } = this.#spans[position] as SlidingWindow
      const bucket = Math.floor(atMs / bucketMs)
      const head = this.#sparse.headOf(slot, position)
      if (bucket > head) this.#roll(slot, position, head, bucket, buckets)
      else if (bucket <= head - buckets) {
        if (position > 0 || !this.#isSetBack(slot)) continue
        this.clear(slot)
        this.add(slot, high, low, atMs)
        return
      }
      if (position === 0) this.#noteTimely(slot)
      this.#count(slot, position, cell, bucket, buckets)
    }
  }

  /** Distinct persons in a window, by its number (`windowNumber`), that ends at the account's newest request. Cheap enough for each request. */
  read(slot: number, window: number): number {
    const position = this.#positionOf(window)
    const dense = this.#denseOf(slot, position)
    return dense === undefined ? Math.round(estimateFromCells(this.#sparse.countOf(slot, position))) : dense.estimate()
  }

  /** The same, of a window that ends at `nowMs` if that is later: as if time had passed without a request. Looks at every person held. */
  readAt(slot: number, window: number, nowMs: number): number {
    const position = this.#positionOf(window)
    const { bucketMs, buckets } = this.#spans[position] as SlidingWindow
    const head = this.#sparse.headOf(slot, position)
    const bucket = Math.max(head, Math.floor(nowMs / bucketMs))
    const dense = this.#denseOf(slot, position)
    if (dense !== undefined) return Math.round(estimateFromHistogram(histogramOf(dense.registersAt(head, bucket))))
    let cells = 0
    if (bucket - head < buckets)
      this.#sparse.each(slot, position, (word) => (cells += ageOf(word, head) + bucket - head < buckets ? 1 : 0))
    return Math.round(estimateFromCells(cells))
  }

  /** A sketch of the persons in a window, to be joined with those of other accounts or edges. */
  sketchOf(slot: number, window: number): DistinctSketch {
    const position = this.#positionOf(window)
    const head = this.#sparse.headOf(slot, position)
    const sketch = new DistinctSketch()
    const dense = this.#denseOf(slot, position)
    if (dense !== undefined) sketch.joinRegisters(dense.registersAt(head, head))
    else this.#sparse.each(slot, position, (word) => sketch.addCell(cellIn(word)))
    return sketch
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    for (let position = 0; position < this.#spans.length; position++) this.#drop(slot, position)
    this.#noteTimely(slot)
  }

  #count(slot: number, position: number, cell: number, bucket: number, buckets: number): void {
    if (this.#sparse.isElsewhere(slot, position)) {
      this.#dense.get(this.#keyOf(slot, position))?.add(cell)
      return
    }
    if (this.#sparse.stamp(slot, position, cell, bucket)) return
    if (this.#sparse.countOf(slot, position) >= CELL_LIMIT) {
      if (this.#thicken(slot, position, buckets)) this.#count(slot, position, cell, bucket, buckets)
      else this.refused++
      return
    }
    this.#sweep(slot)
    if (!this.#sparse.stamp(slot, position, cell, bucket)) this.refused++
  }

  #thicken(slot: number, position: number, buckets: number): boolean {
    if (!this.#budget.take(DenseWindow.ownBytes)) {
      this.#sweep(slot)
      if (!this.#budget.take(DenseWindow.ownBytes)) return false
    }
    const head = this.#sparse.headOf(slot, position)
    const dense = new DenseWindow(buckets, this.#budget)
    const byAge = Array.from({ length: buckets }, (): number[] => [])
    this.#sparse.each(slot, position, (word) => byAge[ageOf(word, head)]?.push(cellIn(word)))
    for (const [age, cells] of byAge.entries()) {
      if (age === 0) for (const cell of cells) dense.add(cell)
      else if (cells.length > 0)
        dense.addPane(
          head - age,
          Uint32Array.from(cells, (cell) => (registerOf(cell) << 6) | rankOf(cell)),
        )
    }
    this.#sparse.leave(slot, position, head)
    this.#dense.set(this.#keyOf(slot, position), dense)
    return true
  }

  #roll(slot: number, position: number, head: number, bucket: number, buckets: number): void {
    const dense = this.#denseOf(slot, position)
    if (dense === undefined) this.#sparse.roll(slot, position, bucket, buckets)
    else if (bucket - head >= buckets) {
      this.#drop(slot, position)
      this.#sparse.roll(slot, position, bucket, buckets)
    } else {
      dense.roll(head, bucket)
      this.#sparse.leave(slot, position, bucket)
    }
  }

  #drop(slot: number, position: number): void {
    this.#denseOf(slot, position)?.release()
    this.#dense.delete(this.#keyOf(slot, position))
    this.#sparse.empty(slot, position, 0)
  }

  /** Empties the windows that all time has passed out of, but not those of `busy`. */
  #sweep(busy: number): void {
    if (this.#newestMs - this.#sweptMs < SWEEP_EVERY_MS) return
    this.#sweptMs = this.#newestMs
    this.#sparse.eachUsed((slot, position, head) => {
      if (slot === busy) return
      const { bucketMs, buckets } = this.#spans[position] as SlidingWindow
      if (Math.floor(this.#newestMs / bucketMs) - head >= buckets) this.#drop(slot, position)
    })
  }

  #isSetBack(slot: number): boolean {
    const runs = this.#lateRuns[slot >>> 10] ?? new Uint8Array(1024)
    this.#lateRuns[slot >>> 10] = runs
    const run = (runs[slot & 1023] as number) + 1
    runs[slot & 1023] = run
    return run >= LATE_RUN
  }

  #noteTimely(slot: number): void {
    const runs = this.#lateRuns[slot >>> 10]
    if (runs !== undefined) runs[slot & 1023] = 0
  }

  #positionOf(window: number): number {
    const position = this.#positions.get(window)
    if (position === undefined) throw new RangeError(`Cannot read window ${window}: distinct persons are not counted in it`)
    return position
  }

  #denseOf(slot: number, position: number): DenseWindow | undefined {
    return this.#sparse.isElsewhere(slot, position) ? this.#dense.get(this.#keyOf(slot, position)) : undefined
  }

  #keyOf(slot: number, position: number): number {
    return slot * this.#spans.length + position
  }
}
