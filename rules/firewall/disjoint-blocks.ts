import type { BlockBits } from '../addresses/block.ts'
import { bitsOf, blockOf } from '../addresses/block-bits.ts'
import type { TimedBlock } from './program.ts'

interface TimedBits {
  readonly bits: BlockBits
  readonly remainingMs: number
}

/**
 * The same addresses blocked for the same times, with no block covering another, because an interval set holds no overlaps. A block that is covered by a
 * longer-lasting one goes; one that covers longer-lasting ones is cut into the parts around them. v4 before v6, by address.
 */
export function disjointBlocks(blocked: readonly TimedBlock[]): readonly TimedBlock[] {
  const longestFirst = blocked
    .map(({ block, remainingMs }): TimedBits => ({ bits: bitsOf(block), remainingMs }))
    .sort((a, b) => b.remainingMs - a.remainingMs || a.bits.length - b.bits.length)
  const lengths = {
    4: lengthsOf(longestFirst, 4),
    6: lengthsOf(longestFirst, 6),
  }
  // The blocks judged so far, and every prefix above them.
  const taken = new Set<string>()
  const above = new Set<string>()
  const result: TimedBits[] = []
  for (const { bits, remainingMs } of longestFirst) {
    const isCovered = lengths[bits.family].some((length) => length <= bits.length && taken.has(keyOf(cut(bits, length))))
    if (isCovered) continue
    for (const part of partsAround(bits, taken, above)) result.push({ bits: part, remainingMs })
    taken.add(keyOf(bits))
    const shortest = lengths[bits.family][0] ?? bits.length
    for (let length = shortest; length < bits.length; length += 1) above.add(keyOf(cut(bits, length)))
  }
  return result
    .sort((a, b) => a.bits.family - b.bits.family || compare(a.bits.value, b.bits.value))
    .map(({ bits, remainingMs }) => ({ block: blockOf(bits), remainingMs }))
}

/** `bits` without what is taken below it: halves are split until nothing taken is inside. */
function* partsAround(bits: BlockBits, taken: ReadonlySet<string>, above: ReadonlySet<string>): Generator<BlockBits> {
  const key = keyOf(bits)
  if (taken.has(key)) return
  if (!above.has(key)) {
    yield bits
    return
  }
  const length = bits.length + 1
  const half = 1n << BigInt(widthOf(bits) - length)
  yield* partsAround({ ...bits, length }, taken, above)
  yield* partsAround({ ...bits, value: bits.value + half, length }, taken, above)
}

/** The prefix of `length` that covers `bits`. */
function cut(bits: BlockBits, length: number): BlockBits {
  const shift = BigInt(widthOf(bits) - length)
  return { family: bits.family, value: (bits.value >> shift) << shift, length }
}

/** Prefix lengths that occur, shortest first. */
function lengthsOf(blocks: readonly TimedBits[], family: 4 | 6): readonly number[] {
  const found = blocks.filter(({ bits }) => bits.family === family).map(({ bits }) => bits.length)
  return [...new Set(found)].sort((a, b) => a - b)
}

function keyOf({ family, value, length }: BlockBits): string {
  return `${family}:${value.toString(36)}/${length}`
}

function widthOf(bits: BlockBits): number {
  return bits.family === 4 ? 32 : 128
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
