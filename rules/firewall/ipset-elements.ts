import type { BlockSet } from '../addresses/block-set.ts'
import { disjointBlocks } from './disjoint-blocks.ts'
import { hosts4, hosts6, nets4, nets6 } from './element-texts.ts'
import { countOfFamily, type Family } from './ipset-layout.ts'
import type { TimedBlock } from './program.ts'

const CHUNK_LENGTH = 64 * 1024
/** What ipset counts timeouts up to: 24.8 days, kept in milliseconds of 31 bits. */
const MAX_TIMEOUT_S = 2_147_483

/** Elements of one family: hosts first, then prefixes. */
export function* elementsOf(set: BlockSet, family: Family): Generator<string> {
  yield* family === 4 ? hosts4(set) : hosts6(set)
  for (const net of family === 4 ? nets4(set) : nets6(set)) yield* ZERO_LENGTH.get(net)?.kept ?? [net]
}

/** How many elements `elementsOf` gives. */
export function countOfElements(set: BlockSet, family: Family): number {
  const lengths = family === 4 ? set.net4Length : set.net6Length
  return countOfFamily(set, family) + (lengths.includes(0) ? 2 : 0)
}

/** The blocks of a family that a list holds: undoes what `elementsOf` did to a prefix of length 0. */
export function blocksOfElements(elements: readonly string[]): readonly string[] {
  const found = [...ZERO_LENGTH].find(([, { kept }]) => kept.every((one) => elements.includes(one)))
  if (found === undefined) return elements
  const [block, { kept }] = found
  return [block, ...elements.filter((one) => !kept.includes(one))]
}

/** Timed elements of one family. */
export function* timedElementsOf(timed: readonly TimedBlock[], family: Family): Generator<string> {
  for (const [element, timeoutS] of timeouts(timed, family)) yield `${element} timeout ${timeoutS}`
}

/** How long each of them stays, in seconds. */
export function timeoutsOf(timed: readonly TimedBlock[], family: Family): readonly number[] {
  return [...timeouts(timed, family)].map(([, timeoutS]) => timeoutS)
}

/** In whole seconds, rounded up. */
function* timeouts(timed: readonly TimedBlock[], family: Family): Generator<readonly [element: string, timeoutS: number]> {
  for (const { block, remainingMs } of disjointBlocks(timed)) {
    if (block.includes(':') !== (family === 6)) continue
    const timeoutS = Math.min(MAX_TIMEOUT_S, Math.ceil(remainingMs / 1000))
    for (const part of ZERO_LENGTH.get(block)?.halves ?? [block]) yield [part, timeoutS]
  }
}

/** A line of ipset(8) for each element, in pieces of about 64 KiB. */
export function* elementLines(verb: 'add' | 'del', set: string, elements: Iterable<string>): Generator<string> {
  const start = `${verb} ${set} `
  let chunk = ''
  for (const element of elements) {
    chunk += `${start}${element}\n`
    if (chunk.length < CHUNK_LENGTH) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

/**
 * hash:net takes no prefix of length 0: two halves stand for it. In a list that is read back a quarter beside them says that they are one block: no `BlockSet` holds a block that another
 * covers, so nothing else is ever printed so.
 */
const ZERO_LENGTH: ReadonlyMap<string, { readonly halves: readonly string[]; readonly kept: readonly string[] }> = new Map([
  ['0.0.0.0/0', zeroLength('0.0.0.0/1', '128.0.0.0/1', '0.0.0.0/2')],
  ['::/0', zeroLength('::/1', '8000::/1', '::/2')],
])

function zeroLength(lower: string, upper: string, sign: string) {
  return { halves: [lower, upper], kept: [lower, upper, sign] }
}
