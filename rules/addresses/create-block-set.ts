import { AddressError, quoteText } from './address-error.ts'
import type { Block } from './block.ts'
import type { BlockSet } from './block-set.ts'
import { type BlockWords, createBlockWords, readBlockWords } from './block-words.ts'
import { createNumberList, type NumberList } from './number-list.ts'

/** A set of nothing. */
export const EMPTY_BLOCK_SET: BlockSet = createBlockSetBuilder().build()

/**
 * The set of `blocks`: duplicates and whatever a prefix of the same set covers are left out, neighbours are never merged. Any order; sorted input is cheapest.
 * @throws AddressError NOT_CANONICAL, where a text was passed off as a block
 */
export function createBlockSet(blocks: Iterable<Block>): BlockSet {
  const builder = createBlockSetBuilder()
  const words = createBlockWords()
  for (const block of blocks) {
    if (!readBlockWords(block, 0, block.length, words))
      throw new AddressError('NOT_CANONICAL', `Cannot put ${quoteText(block)} into a block set: it is not in canonical form`)
    builder.add(words)
  }
  return builder.build()
}

/** Takes blocks one by one as plain numbers, copying them, and gives the set at the end. */
export interface BlockSetBuilder {
  add(block: BlockWords): void
  build(): BlockSet
}

export function createBlockSetBuilder(): BlockSetBuilder {
  const host4 = createNumberList()
  const net4 = createNumberList()
  const host6 = createNumberList()
  const net6 = createNumberList()
  return {
    add(block) {
      if (block.family === 4) {
        const address = block.words[0] ?? 0
        if (block.length === 32) host4.push(address)
        else {
          net4.push(address)
          net4.push(block.length)
        }
        return
      }
      const list = block.length === 128 ? host6 : net6
      for (let word = 0; word < 4; word += 1) list.push(block.words[word] ?? 0)
      if (block.length < 128) net6.push(block.length)
    },
    build: () => ({ ...buildV4(host4, net4), ...buildV6(host6, net6) }),
  }
}

function buildV4(hosts: NumberList, nets: NumberList): Pick<BlockSet, 'host4' | 'net4' | 'net4Length'> {
  // Address and length in one exact double: the order of numbers is the order of blocks.
  const keys = new Float64Array(nets.size / 2)
  for (let i = 0; i < keys.length; i += 1) keys[i] = (nets.values[2 * i] ?? 0) * 64 + (nets.values[2 * i + 1] ?? 0)
  keys.sort()
  const net4 = new Uint32Array(keys.length)
  const net4Length = new Uint8Array(keys.length)
  let nets4 = 0
  let end = -1
  for (const key of keys) {
    const address = Math.floor(key / 64)
    if (address <= end) continue
    end = address + 2 ** (32 - (key % 64)) - 1
    net4[nets4] = address
    net4Length[nets4] = key % 64
    nets4 += 1
  }
  const sorted = hosts.values.slice(0, hosts.size).sort()
  let kept = 0
  let net = 0
  for (let i = 0; i < sorted.length; i += 1) {
    const address = sorted[i] ?? 0
    if (kept > 0 && sorted[kept - 1] === address) continue
    while (net < nets4 && (net4[net] ?? 0) + 2 ** (32 - (net4Length[net] ?? 0)) <= address) net += 1
    if (net < nets4 && (net4[net] ?? 0) <= address) continue
    sorted[kept] = address
    kept += 1
  }
  return { host4: sorted.slice(0, kept), net4: net4.slice(0, nets4), net4Length: net4Length.slice(0, nets4) }
}

function buildV6(hosts: NumberList, nets: NumberList): Pick<BlockSet, 'host6' | 'net6' | 'net6Length'> {
  const net6 = new BigUint64Array((nets.size / 5) * 2)
  const net6Length = new Uint8Array(nets.size / 5)
  let nets6 = 0
  for (const at of sortedV6(nets, 5)) {
    const high = pairOf(nets.values, at)
    const low = pairOf(nets.values, at + 2)
    if (nets6 > 0 && covers6(net6, net6Length, nets6 - 1, high, low)) continue
    net6[2 * nets6] = high
    net6[2 * nets6 + 1] = low
    net6Length[nets6] = nets.values[at + 4] ?? 0
    nets6 += 1
  }
  const host6 = new BigUint64Array((hosts.size / 4) * 2)
  let hosts6 = 0
  let net = 0
  for (const at of sortedV6(hosts, 4)) {
    const high = pairOf(hosts.values, at)
    const low = pairOf(hosts.values, at + 2)
    if (hosts6 > 0 && host6[2 * hosts6 - 2] === high && host6[2 * hosts6 - 1] === low) continue
    // The only prefix that can cover an address is the last one that begins at or before it.
    while (net + 1 < nets6 && isAtMost(net6[2 * net + 2] ?? 0n, net6[2 * net + 3] ?? 0n, high, low)) net += 1
    if (net < nets6 && covers6(net6, net6Length, net, high, low)) continue
    host6[2 * hosts6] = high
    host6[2 * hosts6 + 1] = low
    hosts6 += 1
  }
  return { host6: host6.slice(0, 2 * hosts6), net6: net6.slice(0, 2 * nets6), net6Length: net6Length.slice(0, nets6) }
}

/** Positions of the records of `width` words, sorted by their words. Free of cost where they are in order already. */
function sortedV6(list: NumberList, width: number): Uint32Array {
  const { values, size } = list
  const order = Uint32Array.from({ length: size / width }, (_, i) => i * width)
  const compare = (a: number, b: number): number => {
    for (let word = 0; word < width; word += 1) {
      const difference = (values[a + word] ?? 0) - (values[b + word] ?? 0)
      if (difference !== 0) return difference
    }
    return 0
  }
  for (let i = 1; i < order.length; i += 1) if (compare((i - 1) * width, i * width) > 0) return order.sort(compare)
  return order
}

function pairOf(values: Uint32Array, at: number): bigint {
  return (BigInt(values[at] ?? 0) << 32n) | BigInt(values[at + 1] ?? 0)
}

function isAtMost(aHigh: bigint, aLow: bigint, bHigh: bigint, bLow: bigint): boolean {
  return aHigh < bHigh || (aHigh === bHigh && aLow <= bLow)
}

/** True where prefix `i` covers the address. */
function covers6(net6: BigUint64Array, lengths: Uint8Array, i: number, high: bigint, low: bigint): boolean {
  const length = lengths[i] ?? 0
  const highShift = BigInt(64 - Math.min(64, length))
  const lowShift = BigInt(64 - Math.max(0, length - 64))
  return (net6[2 * i] ?? 0n) >> highShift === high >> highShift && (net6[2 * i + 1] ?? 0n) >> lowShift === low >> lowShift
}
