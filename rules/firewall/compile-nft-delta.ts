import { differenceOf } from '../addresses/block-set-difference.ts'
import { stateChain } from './about.ts'
import { checkBlocked, checkProgram } from './check-program.ts'
import { chainsText } from './compile-nft.ts'
import { FilterError } from './filter-error.ts'
import { approvedElements, bracedChunks, managementElements, type NftElements, timedElements } from './nft-elements.ts'
import { fitsInto, NFT_TABLE, nftTitle } from './nft-layout.ts'
import { hooksOf, type NftChain, nftChains } from './nft-rules.ts'
import type { FilterProgram, TimedBlock } from './program.ts'

/**
 * What leads from `from` to `to`; the kernel refuses it where another list or mode is in force. Exact elements out and in, the rules only where they differ. One transaction of `nft -f`. Unlike
 * a whole program it can be cut at a line and still be valid: whoever hands it on hands it on whole.
 * @throws FilterError, NOT_COMPARABLE where only the whole program will do
 */
export function* compileNftDelta(from: FilterProgram, to: FilterProgram): Generator<string> {
  checkProgram(from)
  checkProgram(to)
  const obstacle = findDeltaObstacle(from, to)
  if (obstacle !== undefined)
    throw new FilterError('NOT_COMPARABLE', `Cannot compile a delta to revision ${to.revision}: ${obstacle}`)
  yield nftTitle(`from revision ${from.revision} to`, to)
  yield `delete chain ${NFT_TABLE} ${stateChain(from)}\nadd chain ${NFT_TABLE} ${stateChain(to)}\n`
  const approved = differenceOf(from.approved, to.approved)
  const management = differenceOf(from.management, to.management)
  // Out before in: a prefix and the one that covers it must never stand in an interval set together.
  yield* elementChunks('delete', approvedElements(approved.removed))
  yield* elementChunks('delete', managementElements(management.removed))
  yield* elementChunks('add', approvedElements(approved.added))
  yield* elementChunks('add', managementElements(management.added))
  yield `flush set ${NFT_TABLE} open4\nflush set ${NFT_TABLE} open6\n`
  yield* elementChunks('add', timedElements('open', to.opened ?? []))
  yield* compileNftBlocked(to.blocked)
  yield ruleChanges(from, to)
}

/** Replaces the timed blocks. Emptied first: kernels before 6.12 keep the old time of an element that is added again. @throws FilterError BAD_TIMEOUT */
export function* compileNftBlocked(blocked: readonly TimedBlock[]): Generator<string> {
  checkBlocked(blocked)
  yield `flush set ${NFT_TABLE} block4\nflush set ${NFT_TABLE} block6\n`
  yield* elementChunks('add', timedElements('block', blocked))
}

/** Why no delta leads from `from` to `to`; `undefined` where one does. */
export function findDeltaObstacle(from: FilterProgram, to: FilterProgram): string | undefined {
  if (hooksOf(from).join() !== hooksOf(to).join()) return `the hooks change from ${hooksOf(from).join()} to ${hooksOf(to).join()}`
  if (!fitsInto(from.approved, to.approved)) return 'the hosts outgrow the size of their set'
  return undefined
}

function* elementChunks(verb: 'add' | 'delete', elements: NftElements): Generator<string> {
  for (const [set, texts] of elements) {
    yield `${verb} element ${NFT_TABLE} ${set} `
    yield* bracedChunks(texts, '')
    yield '\n'
  }
}

/** True where the two differ in nothing that a packet is judged by but the lists. */
export function hasSameRules(from: FilterProgram, to: FilterProgram): boolean {
  return changedChains(from, to).every(({ name }) => name === 'about')
}

function ruleChanges(from: FilterProgram, to: FilterProgram): string {
  const changed = changedChains(from, to)
  if (changed.length === 0) return ''
  const flushed = changed.map(({ name }) => `flush chain ${NFT_TABLE} ${name}\n`)
  return `${flushed.join('')}table ${NFT_TABLE} {${chainsText(changed)}}\n`
}

function changedChains(from: FilterProgram, to: FilterProgram): readonly NftChain[] {
  const before = new Map(nftChains(from).map(({ name, lines }) => [name, lines.join('\n')]))
  return nftChains(to).filter(({ name, lines }) => lines.length > 0 && before.get(name) !== lines.join('\n'))
}
