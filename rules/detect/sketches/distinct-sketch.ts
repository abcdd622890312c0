import { cellOf, REGISTER_COUNT, rankOf, registerOf } from './cell.ts'
import { addToCells, CELL_LIMIT, hasRoom, widerCells } from './cell-set.ts'
import { estimateFromCells, estimateFromHistogram } from './estimate.ts'
import { histogramOf, raise } from './registers.ts'

const FIRST_WORDS = 4

/**
 * How many different persons there were, without knowing whom: a HyperLogLog of keyed 64-bit hashes. Up to 3,584 persons it keeps a
 * cell of 26 bits for each (± 0.1 %, 5 to 9 bytes a person), beyond that 16,384 registers (standard error 0.81 %, 16 KiB).
 * Joining is commutative, associative and idempotent, to the last bit: what one edge counts is what many edges join to.
 */
export class DistinctSketch {
  /** The only cell while there is but one, as with most accounts in a minute; 0 without, and from the second on. */
  #only = 0
  /** Open-addressed cells while sparse, from the second on. */
  #cells: Uint32Array | undefined
  #count = 0
  #registers: Uint8Array | undefined

  /** Counts the person with this hash. */
  add(high: number, low: number): void {
    this.addCell(cellOf(high, low))
  }

  /** Counts a person by the cell of its hash (`cellOf`). */
  addCell(cell: number): void {
    if (this.#registers !== undefined) {
      raise(this.#registers, registerOf(cell), rankOf(cell))
      return
    }
    if (this.#count === 0) {
      this.#only = cell
      this.#count = 1
      return
    }
    const cells = this.#cells ?? this.#tabulate()
    if (!addToCells(cells, cell)) return
    this.#count++
    if (this.#count > CELL_LIMIT) this.#thicken()
    else if (!hasRoom(cells.length, this.#count)) this.#cells = widerCells(cells)
  }

  /** Takes in all that `other` counted; `other` stays as it is. */
  join(other: DistinctSketch): void {
    const { registers } = other
    if (registers !== undefined) this.joinRegisters(registers)
    else for (const cell of other.#held()) if (cell !== 0) this.addCell(cell)
  }

  /** Takes in registers, one byte each. */
  joinRegisters(registers: Uint8Array): void {
    const own = this.#registers ?? this.#thicken()
    for (let at = 0; at < REGISTER_COUNT; at++) raise(own, at, registers[at] as number)
  }

  /** About how many different persons, a whole number. */
  estimate(): number {
    return Math.round(
      this.#registers === undefined ? estimateFromCells(this.#count) : estimateFromHistogram(histogramOf(this.#registers)),
    )
  }

  /** Nothing was counted. */
  get isEmpty(): boolean {
    return this.#registers === undefined && this.#count === 0
  }

  /** The registers of a dense sketch; `undefined` while it is sparse. */
  get registers(): Uint8Array | undefined {
    return this.#registers
  }

  /** The cells of a sparse sketch in rising order; none when it is dense. */
  sortedCells(): Uint32Array {
    if (this.#registers !== undefined) return new Uint32Array(0)
    const cells = this.#cells ?? Uint32Array.from(this.#held())
    return cells.filter((cell) => cell !== 0).sort()
  }

  /** What it takes in memory, without the object itself. */
  get bytes(): number {
    return this.#registers?.length ?? this.#cells?.byteLength ?? 0
  }

  /** Cells of a sparse sketch, zeros among them. */
  #held(): Iterable<number> {
    return this.#cells ?? (this.#count === 0 ? [] : [this.#only])
  }

  /** Makes room for a second cell. */
  #tabulate(): Uint32Array {
    const cells = new Uint32Array(FIRST_WORDS)
    addToCells(cells, this.#only)
    this.#only = 0
    this.#cells = cells
    return cells
  }

  #thicken(): Uint8Array {
    const registers = new Uint8Array(REGISTER_COUNT)
    for (const cell of this.#held()) if (cell !== 0) raise(registers, registerOf(cell), rankOf(cell))
    this.#cells = undefined
    this.#count = 0
    this.#registers = registers
    return registers
  }
}

/** A sketch of all that these counted. */
export function joined(...sketches: readonly DistinctSketch[]): DistinctSketch {
  const all = new DistinctSketch()
  for (const sketch of sketches) all.join(sketch)
  return all
}
