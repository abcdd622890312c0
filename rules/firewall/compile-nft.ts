import { type About, stateChain } from './about.ts'
import { checkProgram } from './check-program.ts'
import { approvedElements, bracedChunks, managementElements, type NftElements, timedElements } from './nft-elements.ts'
import { listSets, NFT_TABLE, type NftSet, nftTitle, SEEN_SETS } from './nft-layout.ts'
import { type NftChain, nftChains } from './nft-rules.ts'
import type { FilterProgram } from './program.ts'

export interface CompileNftOptions {
  /**
   * What a table of our layout with the same hooks says it holds: the table and the lists of refused sources in it are kept, and the kernel refuses the text where
   * the table holds something else. Without it, nothing of what was there is left.
   */
  readonly refill?: About
  /** With `refill`: sets that stay as they are. */
  readonly keep?: readonly string[]
  /** Empties the table, in place of deleting it. */
  readonly head?: string
  /** Says how each chain stands, where it must not stand as usual. */
  readonly rename?: (chain: NftChain) => NftChain
}

/**
 * `program` as input of `nft -f`, in pieces, for a million hosts do not belong in one string. All of it is one transaction. The last brace closes the
 * first: text that was cut off anywhere is a syntax error and changes nothing.
 * @throws FilterError
 */
export function* compileNft(
  program: FilterProgram,
  { refill, keep = [], head, rename = (chain) => chain }: CompileNftOptions = {},
): Generator<string> {
  checkProgram(program)
  const sets = listSets(program).filter(({ name }) => !keep.includes(name))
  const chains = nftChains(program).map(rename)
  yield nftTitle('all of', program)
  yield head ?? (refill === undefined ? replaceHead() : refillHead(refill, sets, chains))
  yield `table ${NFT_TABLE} {\n`
  const elements = setElements(program)
  for (const set of refill === undefined ? [...sets, ...SEEN_SETS] : sets) yield* setChunks(set, elements.get(set.name))
  yield chainsText(chains)
  yield '}\n'
}

/** The elements of every set that has some. */
export function setElements(program: FilterProgram): NftElements {
  return new Map([
    ...approvedElements(program.approved),
    ...managementElements(program.management),
    ...timedElements('open', program.opened ?? []),
    ...timedElements('block', program.blocked),
  ])
}

/** Chains as they stand inside `table … { }`; adds to what a chain already holds. */
export function chainsText(chains: readonly NftChain[]): string {
  return chains.map(({ name, lines }) => `\n\tchain ${name} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`).join('')
}

/** nft 1.0.6 has no `destroy`: adding first makes the deletion succeed where there is no table yet. */
function replaceHead(): string {
  return `add table ${NFT_TABLE}\ndelete table ${NFT_TABLE}\n`
}

/** Sets are made anew rather than emptied: their sizes may differ, and an interval set need not sort out the old from the new. */
function refillHead(found: About, sets: readonly NftSet[], chains: readonly NftChain[]): string {
  const kept = chains.filter(({ lines }) => lines.length > 0)
  const flushed = kept.map(({ name }) => `flush chain ${NFT_TABLE} ${name}\n`)
  const deleted = sets.map(({ name }) => `delete set ${NFT_TABLE} ${name}\n`)
  return [`delete chain ${NFT_TABLE} ${stateChain(found)}\n`, ...flushed, ...deleted].join('')
}

/** A set as it stands inside `table … { }`. */
export function* setChunks({ name, declaration }: NftSet, elements: Iterable<string> | undefined): Generator<string> {
  yield `\tset ${name} {\n${declaration.map((statement) => `\t\t${statement}\n`).join('')}`
  if (elements !== undefined) {
    yield '\t\telements = '
    yield* bracedChunks(elements, '\t\t')
    yield '\n'
  }
  yield '\t}\n'
}
