import type { BlockSet } from '../addresses/block-set.ts'
import { disjointBlocks } from './disjoint-blocks.ts'
import { hosts4, hosts6, nets4, nets6 } from './element-texts.ts'
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

/** Elements of the sets of sources that are refused or let in for a while, of both families: `block4` and `block6`, or `open4` and `open6`. */
export function timedElements(kind: 'block' | 'open', timed: readonly TimedBlock[]): NftElements {
  const disjoint = disjointBlocks(timed)
  const isV6 = ({ block }: TimedBlock) => block.includes(':')
  const texts4 = disjoint.filter((one) => !isV6(one)).map(timedText)
  const texts6 = disjoint.filter(isV6).map(timedText)
  return withElements([
    [`${kind}4`, texts4.length, () => texts4],
    [`${kind}6`, texts6.length, () => texts6],
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
