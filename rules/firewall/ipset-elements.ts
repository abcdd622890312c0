import type { BlockSet } from '../addresses/block-set.ts'
import { disjointBlocks } from './disjoint-blocks.ts'
import { hosts4, hosts6, nets4, nets6 } from './element-texts.ts'
import type { Family } from './ipset-layout.ts'
import type { TimedBlock } from './program.ts'

const CHUNK_LENGTH = 64 * 1024
/** What ipset counts timeouts up to: 24.8 days, kept in milliseconds of 31 bits. */
const MAX_TIMEOUT_S = 2_147_483

/** Elements of one family: hosts first, then prefixes. */
export function* elementsOf(set: BlockSet, family: Family): Generator<string> {
  yield* family === 4 ? hosts4(set) : hosts6(set)
  for (const net of family === 4 ? nets4(set) : nets6(set)) yield* withoutZeroLength(net)
}

/** Timed elements of one family, in whole seconds, rounded up. */
export function* timedElementsOf(timed: readonly TimedBlock[], family: Family): Generator<string> {
  for (const { block, remainingMs } of disjointBlocks(timed)) {
    if (block.includes(':') !== (family === 6)) continue
    const timeoutS = Math.min(MAX_TIMEOUT_S, Math.ceil(remainingMs / 1000))
    for (const part of withoutZeroLength(block)) yield `${part} timeout ${timeoutS}`
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

/** hash:net takes no prefix of length 0: two halves stand for it. */
function withoutZeroLength(block: string): readonly string[] {
  if (block === '0.0.0.0/0') return ['0.0.0.0/1', '128.0.0.0/1']
  return block === '::/0' ? ['::/1', '8000::/1'] : [block]
}
