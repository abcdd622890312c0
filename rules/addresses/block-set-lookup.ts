import type { Block } from './block.ts'
import { bitsOf } from './block-bits.ts'
import type { BlockSet } from './block-set.ts'

/** True where the set holds every address of `block`, a host or a prefix, by one element of its own. Binary search. */
export function hasAddress(set: BlockSet, block: Block): boolean {
  const { family, value, length } = bitsOf(block)
  if (family === 4) return has4(set, Number(value), length)
  return has6(set, value, length)
}

function has4(set: BlockSet, address: number, length: number): boolean {
  if (length === 32 && set.host4[lastAtMost(set.host4.length, (i) => (set.host4[i] ?? 0) <= address)] === address) return true
  const net = lastAtMost(set.net4.length, (i) => (set.net4[i] ?? 0) <= address)
  if (net < 0) return false
  const netLength = set.net4Length[net] ?? 0
  return netLength <= length && address < (set.net4[net] ?? 0) + 2 ** (32 - netLength)
}

function has6(set: BlockSet, address: bigint, length: number): boolean {
  const hostAt = (i: number): bigint => ((set.host6[2 * i] ?? 0n) << 64n) | (set.host6[2 * i + 1] ?? 0n)
  const netAt = (i: number): bigint => ((set.net6[2 * i] ?? 0n) << 64n) | (set.net6[2 * i + 1] ?? 0n)
  if (length === 128) {
    const host = lastAtMost(set.host6.length / 2, (i) => hostAt(i) <= address)
    if (host >= 0 && hostAt(host) === address) return true
  }
  const net = lastAtMost(set.net6.length / 2, (i) => netAt(i) <= address)
  if (net < 0) return false
  const netLength = set.net6Length[net] ?? 0
  return netLength <= length && address < netAt(net) + (1n << BigInt(128 - netLength))
}

/** Of `count` sorted things, the last that `isAtMost`; -1 where none is. */
function lastAtMost(count: number, isAtMost: (i: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAtMost(middle)) low = middle + 1
    else high = middle
  }
  return low - 1
}
