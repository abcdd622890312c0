import { createHash } from 'node:crypto'
import type { Block } from './block.ts'
import type { BlockSet } from './block-set.ts'
import { textOfV4, textOfV6 } from './block-words.ts'

const CHUNK_LENGTH = 64 * 1024
/** The longest line: 39 characters of address, `/127`, the line feed. */
const MAX_LINE_LENGTH = 44

/** How many hosts and prefixes the set has. */
export function countOf(set: BlockSet): number {
  return set.host4.length + set.net4.length + set.host6.length / 2 + set.net6.length / 2
}

/** The blocks in canonical text, in the order of `compareBlocks`. */
export function* blocksOf(set: BlockSet): Generator<Block> {
  for (const v4 of orderV4(set)) {
    const i = Math.abs(v4) - 1
    yield (v4 > 0 ? textOfV4(set.host4[i] ?? 0, 32) : textOfV4(set.net4[i] ?? 0, set.net4Length[i] ?? 0)) as Block
  }
  for (const v6 of orderV6(set)) {
    const i = Math.abs(v6) - 1
    yield (v6 > 0 ? textOf6(set.host6, i) : `${textOf6(set.net6, i)}/${set.net6Length[i]}`) as Block
  }
}

/** The same as text, each block ended by a line feed, in pieces of at most 64 KiB. */
export function* blockSetChunks(set: BlockSet): Generator<string> {
  let chunk = ''
  for (const block of blocksOf(set)) {
    chunk += `${block}\n`
    if (chunk.length > CHUNK_LENGTH - MAX_LINE_LENGTH) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}

/** SHA-256 (hex) over the canonical lines: the name of what the kernel must hold. */
export function digestOf(set: BlockSet): string {
  const hash = createHash('sha256')
  for (const chunk of blockSetChunks(set)) hash.update(chunk)
  return hash.digest('hex')
}

/** Hosts as `i + 1`, prefixes as `-(i + 1)`, by address: nothing overlaps, so an address decides. */
function* orderV4(set: BlockSet): Generator<number> {
  let net = 0
  for (let host = 0; host < set.host4.length; host += 1) {
    for (; net < set.net4.length && (set.net4[net] ?? 0) < (set.host4[host] ?? 0); net += 1) yield -net - 1
    yield host + 1
  }
  for (; net < set.net4.length; net += 1) yield -net - 1
}

function* orderV6(set: BlockSet): Generator<number> {
  let net = 0
  const hosts = set.host6.length / 2
  const nets = set.net6.length / 2
  for (let host = 0; host < hosts; host += 1) {
    for (; net < nets && isBefore6(set.net6, net, set.host6, host); net += 1) yield -net - 1
    yield host + 1
  }
  for (; net < nets; net += 1) yield -net - 1
}

function isBefore6(a: BigUint64Array, i: number, b: BigUint64Array, j: number): boolean {
  const aHigh = a[2 * i] ?? 0n
  const bHigh = b[2 * j] ?? 0n
  return aHigh < bHigh || (aHigh === bHigh && (a[2 * i + 1] ?? 0n) < (b[2 * j + 1] ?? 0n))
}

function textOf6(pairs: BigUint64Array, i: number): string {
  const high = pairs[2 * i] ?? 0n
  const low = pairs[2 * i + 1] ?? 0n
  return textOfV6(
    Uint32Array.of(Number(high >> 32n), Number(high & 0xffff_ffffn), Number(low >> 32n), Number(low & 0xffff_ffffn)),
  )
}
