import type { MemoryBudget } from './memory-budget.ts'

const CHUNK_BITS = 16
const CHUNK_WORDS = 1 << CHUNK_BITS
const CHUNK_BYTES = CHUNK_WORDS * 4
/** Blocks of 4 to 4,096 words. */
export const FIRST_CLASS = 2
export const LAST_CLASS = 12
/** No block. */
export const NOWHERE = -1

/**
 * Blocks of 2ⁿ words of 4 bytes, in chunks of 256 KiB: what half a million small tables need, without an object for each. Chunks are
 * never given back; blocks are, and larger ones are split when smaller ones run out.
 */
export class WordArena {
  readonly #chunks: Uint32Array[] = []
  /** First free block of each class; a free block's first word holds the next one, plus one. */
  readonly #free = new Float64Array(LAST_CLASS + 1).fill(NOWHERE)
  readonly #budget: MemoryBudget
  /** The part of the newest chunk that no block was cut from yet. */
  #cut = CHUNK_WORDS

  constructor(budget: MemoryBudget) {
    this.#budget = budget
  }

  /** Address of a block of 2^`sizeClass` words, all 0; `NOWHERE` when the budget is used up. */
  allocate(sizeClass: number): number {
    const words = 1 << sizeClass
    const reused = this.#takeFree(sizeClass)
    if (reused !== NOWHERE) {
      const start = offsetOf(reused)
      this.chunkOf(reused).fill(0, start, start + words)
      return reused
    }
    if (this.#cut + words > CHUNK_WORDS && !this.#addChunk()) return this.#split(sizeClass)
    const address = (this.#chunks.length - 1) * CHUNK_WORDS + this.#cut
    this.#cut += words
    return address
  }

  /** Gives a block back. */
  release(address: number, sizeClass: number): void {
    this.chunkOf(address)[offsetOf(address)] = (this.#free[sizeClass] as number) + 1
    this.#free[sizeClass] = address
  }

  /** The chunk that holds a block; it begins at `offsetOf`. */
  chunkOf(address: number): Uint32Array {
    return this.#chunks[address >>> CHUNK_BITS] as Uint32Array
  }

  #takeFree(sizeClass: number): number {
    const address = this.#free[sizeClass] as number
    if (address !== NOWHERE) this.#free[sizeClass] = (this.chunkOf(address)[offsetOf(address)] as number) - 1
    return address
  }

  #addChunk(): boolean {
    if (!this.#budget.take(CHUNK_BYTES)) return false
    while (this.#cut < CHUNK_WORDS) {
      const sizeClass = Math.min(LAST_CLASS, 31 - Math.clz32(CHUNK_WORDS - this.#cut))
      this.release((this.#chunks.length - 1) * CHUNK_WORDS + this.#cut, sizeClass)
      this.#cut += 1 << sizeClass
    }
    this.#chunks.push(new Uint32Array(CHUNK_WORDS))
    this.#cut = 0
    return true
  }

  /** Half of a free block of a larger class; the other half becomes free. */
  #split(sizeClass: number): number {
    if (sizeClass >= LAST_CLASS) return NOWHERE
    const larger = this.allocate(sizeClass + 1)
    if (larger !== NOWHERE) this.release(larger + (1 << sizeClass), sizeClass)
    return larger
  }
}

/** Where in its chunk a block begins. */
export function offsetOf(address: number): number {
  return address & (CHUNK_WORDS - 1)
}
