import { MAX_RANK, REGISTER_COUNT, rankOf, registerOf } from './cell.ts'
import { estimateFromHistogram } from './estimate.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { histogramOf, raise } from './registers.ts'

/** A pane with more registers in use is kept as one byte a register. */
const LISTED = REGISTER_COUNT / 4

/** What a closed sub-bucket saw: `register << 6 | rank` words, or a byte for each register. */
export interface Pane {
  readonly bucket: number
  readonly held: Uint32Array | Uint8Array
}

/**
 * The sliding window of one busy account: registers of each sub-bucket, and those of all together, whose estimate is at hand without joining.
 * 33 KB and up to 16 KB for each sub-bucket.
 */
export class DenseWindow {
  static readonly ownBytes = 2 * REGISTER_COUNT + (MAX_RANK + 1) * 2 + 256
  readonly #buckets: number
  readonly #budget: MemoryBudget
  readonly #live = new Uint8Array(REGISTER_COUNT)
  readonly #current = new Uint8Array(REGISTER_COUNT)
  readonly #histogram: Uint16Array = histogramOf(this.#live)
  #panes: Pane[] = []
  #estimate = 0
  #isStale = false

  /** The caller has taken `ownBytes` from the budget. */
  constructor(buckets: number, budget: MemoryBudget) {
    this.#buckets = buckets
    this.#budget = budget
  }

  /** Counts a person in the newest sub-bucket. */
  add(cell: number): void {
    const at = registerOf(cell)
    const rank = rankOf(cell)
    raise(this.#current, at, rank)
    this.#lift(at, rank)
  }

  /** Counts registers of a sub-bucket that is closed; left out if there is no room. */
  addPane(bucket: number, held: Uint32Array | Uint8Array): void {
    if (!this.#budget.take(held.byteLength)) return
    this.#panes.push({ bucket, held })
    eachRegister(held, (at, rank) => this.#lift(at, rank))
  }

  /**
   * Makes `bucket` the newest sub-bucket instead of `head`. Without room to close the present one it goes on: the window then reaches back further than
   * it should and never less.
   */
  roll(head: number, bucket: number): void {
    const kept = this.#panes.filter((pane) => pane.bucket > bucket - this.#buckets)
    for (const pane of this.#panes) if (!kept.includes(pane)) this.#budget.give(pane.held.byteLength)
    this.#panes = kept
    const closed = head > bucket - this.#buckets ? compact(this.#current) : undefined
    if (closed === undefined) this.#current.fill(0)
    else if (this.#budget.take(closed.byteLength)) {
      this.#panes.push({ bucket: head, held: closed })
      this.#current.fill(0)
    }
    this.#live.set(this.#current)
    for (const { held } of this.#panes) eachRegister(held, (at, rank) => raise(this.#live, at, rank))
    histogramOf(this.#live, this.#histogram)
    this.#isStale = true
  }

  estimate(): number {
    if (this.#isStale) {
      this.#estimate = Math.round(estimateFromHistogram(this.#histogram))
      this.#isStale = false
    }
    return this.#estimate
  }

  /** Registers of all sub-buckets after `bucket - buckets`, as if the newest, `head`, were `bucket`. */
  registersAt(head: number, bucket: number): Uint8Array {
    if (bucket <= head) return this.#live
    const registers = head > bucket - this.#buckets ? this.#current.slice() : new Uint8Array(REGISTER_COUNT)
    for (const pane of this.#panes)
      if (pane.bucket > bucket - this.#buckets) eachRegister(pane.held, (at, rank) => raise(registers, at, rank))
    return registers
  }

  /** What each sub-bucket saw, the newest, `head`, last. */
  panesWith(head: number): readonly Pane[] {
    const newest = compact(this.#current)
    return newest === undefined ? this.#panes : [...this.#panes, { bucket: head, held: newest }]
  }

  /** Gives back all it took, `ownBytes` included. */
  release(): void {
    for (const { held } of this.#panes) this.#budget.give(held.byteLength)
    this.#budget.give(DenseWindow.ownBytes)
    this.#panes = []
  }

  #lift(at: number, rank: number): void {
    const before = this.#live[at] as number
    if (rank <= before) return
    this.#live[at] = rank
    this.#histogram[before] = (this.#histogram[before] as number) - 1
    this.#histogram[rank] = (this.#histogram[rank] as number) + 1
    this.#isStale = true
  }
}

/** Calls `take` for each register in use. */
export function eachRegister(held: Uint32Array | Uint8Array, take: (at: number, rank: number) => void): void {
  if (held instanceof Uint32Array) for (const word of held) take(word >>> 6, word & 63)
  else for (let at = 0; at < held.length; at++) if (held[at] !== 0) take(at, held[at] as number)
}

/** Registers as a closed pane keeps them; `undefined` if none is in use. */
function compact(registers: Uint8Array): Uint32Array | Uint8Array | undefined {
  let used = 0
  for (const rank of registers) if (rank !== 0) used++
  if (used === 0) return undefined
  if (used > LISTED) return registers.slice()
  const words = new Uint32Array(used)
  let to = 0
  for (let at = 0; at < REGISTER_COUNT; at++) if (registers[at] !== 0) words[to++] = (at << 6) | (registers[at] as number)
  return words
}
