import { bitsOf } from '../addresses/block-bits.ts'
import type { BlockSet } from '../addresses/block-set.ts'
import { disjointBlocks } from './disjoint-blocks.ts'
import type { NftElement } from './nft-messages.ts'
import type { TimedBlock } from './program.ts'

/** Set name to its elements as the kernel holds them; only for a few of them. */
export type KernelElements = ReadonlyMap<string, readonly NftElement[]>

/** A list has a block at the very end or beginning of its family, where intervals have another shape. */
export const AT_THE_EDGE = 'at the edge'

/** Elements of the four approved sets. `AT_THE_EDGE` where nft must write them. */
export function approvedKernelElements({ host4, host6, ...nets }: BlockSet): KernelElements | typeof AT_THE_EDGE {
  const net4 = intervals4(nets.net4, nets.net4Length)
  const net6 = intervals6(nets.net6, nets.net6Length)
  if (net4 === AT_THE_EDGE || net6 === AT_THE_EDGE) return AT_THE_EDGE
  return new Map<string, readonly NftElement[]>([
    ['host4', Array.from(host4, (address) => ({ key: bytesOf(BigInt(address), 4) }))],
    ['host6', Array.from({ length: host6.length / 2 }, (_, i) => ({ key: bytesOf(pairAt(host6, i), 16) }))],
    ['net4', net4],
    ['net6', net6],
  ])
}

/** Elements of the two management sets, hosts and prefixes together. */
export function managementKernelElements({ host4, host6, ...nets }: BlockSet): KernelElements | typeof AT_THE_EDGE {
  const parts4 = [intervals4(host4, new Uint8Array(host4.length).fill(32)), intervals4(nets.net4, nets.net4Length)]
  const parts6 = [intervals6(host6, new Uint8Array(host6.length / 2).fill(128)), intervals6(nets.net6, nets.net6Length)]
  const mgmt4 = parts4.filter((part) => part !== AT_THE_EDGE)
  const mgmt6 = parts6.filter((part) => part !== AT_THE_EDGE)
  if (mgmt4.length < 2 || mgmt6.length < 2) return AT_THE_EDGE
  return new Map<string, readonly NftElement[]>([
    ['mgmt4', mgmt4.flat()],
    ['mgmt6', mgmt6.flat()],
  ])
}

/** Elements of `block4` and `block6`, or `open4` and `open6`. */
export function timedKernelElements(kind: 'block' | 'open', timed: readonly TimedBlock[]): KernelElements | typeof AT_THE_EDGE {
  const all = disjointBlocks(timed).map(({ block, remainingMs }) => {
    const { family, value, length } = bitsOf(block)
    const element = interval(value, length, family === 4 ? 4 : 16)
    return { family, element: element === AT_THE_EDGE ? element : { ...element, timeoutMs: remainingMs } }
  })
  const elements = all.flatMap(({ family, element }) => (element === AT_THE_EDGE ? [] : [{ family, element }]))
  if (elements.length < all.length) return AT_THE_EDGE
  const of = (family: 4 | 6) => elements.filter((one) => one.family === family).map(({ element }) => element)
  return new Map<string, readonly NftElement[]>([
    [`${kind}4`, of(4)],
    [`${kind}6`, of(6)],
  ])
}

type Intervals = readonly NftElement[] | typeof AT_THE_EDGE

function intervals4(addresses: Uint32Array, lengths: Uint8Array): Intervals {
  return whole(Array.from(addresses, (address, i) => interval(BigInt(address), lengths[i] ?? 0, 4)))
}

function intervals6(pairs: BigUint64Array, lengths: Uint8Array): Intervals {
  return whole(Array.from(lengths, (length, i) => interval(pairAt(pairs, i), length, 16)))
}

function whole(all: readonly (NftElement | typeof AT_THE_EDGE)[]): Intervals {
  const elements = all.filter((one) => one !== AT_THE_EDGE)
  return elements.length < all.length ? AT_THE_EDGE : elements
}

/** nft marks an interval without an end, and one that begins at 0 stands where it puts an end of its own: those are left to it. */
function interval(value: bigint, length: number, width: 4 | 16): NftElement | typeof AT_THE_EDGE {
  const behind = value + (1n << BigInt(8 * width - length))
  if (value === 0n || behind >= 1n << BigInt(8 * width)) return AT_THE_EDGE
  return { key: bytesOf(value, width), end: bytesOf(behind, width) }
}

function pairAt(pairs: BigUint64Array, at: number): bigint {
  return ((pairs[2 * at] ?? 0n) << 64n) | (pairs[2 * at + 1] ?? 0n)
}

function bytesOf(value: bigint, width: 4 | 16): Uint8Array {
  const bytes = new Uint8Array(width)
  let rest = value
  for (let i = width - 1; i >= 0; i -= 1) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}
