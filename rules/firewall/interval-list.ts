import { bitsOf } from '../addresses/block-bits.ts'
import type { BlockSet } from '../addresses/block-set.ts'
import { disjointBlocks } from './disjoint-blocks.ts'
import type { TimedBlock } from './program.ts'

/** Disjoint blocks of one family, sorted, as plain numbers: what an interval set holds. */
export interface IntervalList {
  /** 32-bit words of an address: 1 or 4. */
  readonly width: 1 | 4
  /** First addresses, `width` words each, the highest first. */
  readonly starts: Uint32Array
  readonly lengths: Uint8Array
  /** Milliseconds, for each block, where they have a time. */
  readonly timeoutsMs?: readonly number[]
}

/** The prefixes of `set`. */
export function netIntervals({ net4, net4Length, net6, net6Length }: BlockSet, family: 4 | 6): IntervalList {
  return family === 4
    ? { width: 1, starts: net4, lengths: net4Length }
    : { width: 4, starts: wordsOfPairs(net6), lengths: net6Length }
}

/** All of `set`, hosts and prefixes together. */
export function allIntervals(set: BlockSet, family: 4 | 6): IntervalList {
  const nets = netIntervals(set, family)
  const hosts = family === 4 ? set.host4 : wordsOfPairs(set.host6)
  const { width } = nets
  const starts = Uint32Array.from([...hosts, ...nets.starts])
  const hostCount = hosts.length / width
  const lengths = Uint8Array.from([...new Uint8Array(hostCount).fill(32 * width), ...nets.lengths])
  const order = Array.from(lengths, (_, i) => i).sort((a, b) => compareAt(starts, width, a, b))
  return {
    width,
    starts: Uint32Array.from(order.flatMap((i) => [...starts.subarray(width * i, width * (i + 1))])),
    lengths: Uint8Array.from(order, (i) => lengths[i] ?? 0),
  }
}

/** `timed`, none covering another. */
export function timedIntervals(timed: readonly TimedBlock[], family: 4 | 6): IntervalList {
  const blocks = disjointBlocks(timed)
    .map(({ block, remainingMs }) => ({ ...bitsOf(block), remainingMs }))
    .filter((one) => one.family === family)
  const width = family === 4 ? 1 : 4
  const wordsOf = (value: bigint) =>
    Array.from({ length: width }, (_, i) => Number((value >> BigInt(32 * (width - 1 - i))) & 0xffff_ffffn))
  return {
    width,
    starts: Uint32Array.from(blocks.flatMap(({ value }) => wordsOf(value))),
    lengths: Uint8Array.from(blocks, ({ length }) => length),
    timeoutsMs: blocks.map(({ remainingMs }) => remainingMs),
  }
}

/** 64-bit words as twice as many of 32 bits, the higher first. On little-endian machines, as all that is said to the kernel here. */
export function wordsOfPairs(pairs: BigUint64Array): Uint32Array {
  const halves = new Uint32Array(pairs.buffer, pairs.byteOffset, 2 * pairs.length)
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < words.length; i += 2) {
    words[i] = halves[i + 1] ?? 0
    words[i + 1] = halves[i] ?? 0
  }
  return words
}

function compareAt(words: Uint32Array, width: number, a: number, b: number): number {
  for (let i = 0; i < width; i += 1) {
    const difference = (words[width * a + i] ?? 0) - (words[width * b + i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
