/** Bits of the hash that choose a cell. About a hundred of a hundred million insured persons share one. */
export const CELL_BITS = 20
export const CELL_COUNT = 1 << CELL_BITS
/** Bits of a whole cell word: its number and a rank of 1 to 45. */
export const CELL_WORD_BITS = 26
export const MAX_CELL_RANK = 45

/** Bits that choose a register: standard error 1.04 / √16,384 = 0.81 %. */
export const REGISTER_BITS = 14
export const REGISTER_COUNT = 1 << REGISTER_BITS
/** A register holds 0 to 51: the 64 bits of a hash less the 14 of its number, and one. */
export const MAX_RANK = 64 - REGISTER_BITS + 1
const SUB_BITS = CELL_BITS - REGISTER_BITS

/** A hash as a sparse sketch keeps it: 20 bits of cell number, then the rank (place of the first 1) of the 44 bits after them. Never 0. */
export function cellOf(high: number, low: number): number {
  const next = high & 0xfff
  const rank = next === 0 ? 13 + Math.clz32(low) : Math.clz32(next) - 19
  return ((high >>> 12) << 6) | rank
}

/** The register a cell belongs to. */
export function registerOf(cell: number): number {
  return cell >>> (6 + SUB_BITS)
}

/** The rank a register would hold for the hash behind a cell. */
export function rankOf(cell: number): number {
  const between = (cell >>> 6) & ((1 << SUB_BITS) - 1)
  return between === 0 ? SUB_BITS + (cell & 63) : Math.clz32(between) - (31 - SUB_BITS)
}
