import type { BlockSet } from '../addresses/block-set.ts'
import { textOfV4, textOfV6 } from '../addresses/block-words.ts'
import { disjointBlocks } from './disjoint-blocks.ts'
import type { TimedBlock } from './program.ts'

/** Set name to the text of its elements, each made when it is asked for. */
export type NftElements = ReadonlyMap<string, Iterable<string>>

const CHUNK_LENGTH = 64 * 1024
const PER_LINE = 8

/** Elements of the four approved sets. */
export function approvedElements(approved: BlockSet): NftElements {
  return withElements([
    ['host4', approved.host4.length, () => hosts4(approved)],
    ['host6', approved.host6.length, () => hosts6(approved)],
    ['net4', approved.net4.length, () => nets4(approved)],
    ['net6', approved.net6.length, () => nets6(approved)],
  ])
}

/** Elements of the two management sets, hosts and prefixes together. */
export function managementElements(management: BlockSet): NftElements {
  return withElements([
    ['mgmt4', management.host4.length + management.net4.length, () => joined(hosts4(management), nets4(management))],
    ['mgmt6', management.host6.length + management.net6.length, () => joined(hosts6(management), nets6(management))],
  ])
}

/** Elements of the two sets of timed blocks. */
export function blockedElements(blocked: readonly TimedBlock[]): NftElements {
  const disjoint = disjointBlocks(blocked)
  const isV6 = ({ block }: TimedBlock) => block.includes(':')
  const block4 = disjoint.filter((timed) => !isV6(timed)).map(timedText)
  const block6 = disjoint.filter(isV6).map(timedText)
  return withElements([
    ['block4', block4.length, () => block4],
    ['block6', block6.length, () => block6],
  ])
}

/** `{ a, b, … }` in pieces of about 64 KiB, eight elements a line. One statement: an interval set is judged once for each statement. */
export function* bracedChunks(elements: Iterable<string>, indent: string): Generator<string> {
  let chunk = '{'
  let count = 0
  for (const element of elements) {
    if (count > 0) chunk += ','
    chunk += count % PER_LINE === 0 ? `\n${indent}\t${element}` : ` ${element}`
    count += 1
    if (chunk.length < CHUNK_LENGTH) continue
    yield chunk
    chunk = ''
  }
  yield `${chunk}\n${indent}}`
}

function withElements(entries: readonly (readonly [string, number, () => Iterable<string>])[]): NftElements {
  return new Map(entries.filter(([, count]) => count > 0).map(([name, , elements]) => [name, elements()] as const))
}

function timedText({ block, remainingMs }: TimedBlock): string {
  return `${block} timeout ${remainingMs}ms`
}

function* joined(...lists: readonly Iterable<string>[]): Generator<string> {
  for (const list of lists) yield* list
}

function* hosts4(set: BlockSet): Generator<string> {
  for (const address of set.host4) yield textOfV4(address, 32)
}

function* nets4(set: BlockSet): Generator<string> {
  for (let i = 0; i < set.net4.length; i += 1) yield textOfV4(set.net4[i] ?? 0, set.net4Length[i] ?? 0)
}

function* hosts6(set: BlockSet): Generator<string> {
  const words = new Uint32Array(4)
  for (let i = 0; i < set.host6.length; i += 2) yield textOfV6(fillWords(words, set.host6, i))
}

function* nets6(set: BlockSet): Generator<string> {
  const words = new Uint32Array(4)
  for (let i = 0; i < set.net6.length; i += 2) yield `${textOfV6(fillWords(words, set.net6, i))}/${set.net6Length[i / 2]}`
}

function fillWords(words: Uint32Array, pairs: BigUint64Array, at: number): Uint32Array {
  const high = pairs[at] ?? 0n
  const low = pairs[at + 1] ?? 0n
  words[0] = Number(high >> 32n)
  words[1] = Number(high & 0xffff_ffffn)
  words[2] = Number(low >> 32n)
  words[3] = Number(low & 0xffff_ffffn)
  return words
}
