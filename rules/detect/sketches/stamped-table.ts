import { CELL_WORD_BITS } from './cell.ts'

/** A word is a cell with the number, modulo 64, of the sub-bucket that saw its person last in the bits above. */
const CELL_MASK = (1 << CELL_WORD_BITS) - 1
const STAMPS = 64

export function cellIn(word: number): number {
  return word & CELL_MASK
}

/** How many sub-buckets before `bucket` a word was stamped, 0 to 63. */
export function ageOf(word: number, bucket: number): number {
  return (bucket - (word >>> CELL_WORD_BITS)) & (STAMPS - 1)
}

export function stamped(cell: number, bucket: number): number {
  return (cell | ((bucket & (STAMPS - 1)) << CELL_WORD_BITS)) >>> 0
}

/**
 * Stamps a person in the open-addressed table of 2^`sizeClass` words at `start`, which has an empty place. Gives the place the person
 * was put into, or -1 if it was there and is stamped anew. `head`: the newest sub-bucket; a stamp never grows older.
 */
export function stampInto(
  words: Uint32Array,
  start: number,
  sizeClass: number,
  cell: number,
  bucket: number,
  head: number,
): number {
  const mask = (1 << sizeClass) - 1
  let place = (cell >>> 6) & mask
  for (;;) {
    const word = words[start + place] as number
    if (word === 0) {
      words[start + place] = stamped(cell, bucket)
      return start + place
    }
    const held = cellIn(word)
    if (held >>> 6 === cell >>> 6) {
      const seen = head - ageOf(word, head)
      words[start + place] = stamped(cell > held ? cell : held, seen > bucket ? seen : bucket)
      return -1
    }
    place = (place + 1) & mask
  }
}
