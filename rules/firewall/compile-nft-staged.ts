/**
 * A whole program in steps of one transaction each, none of which a packet can notice but the second. Linux 7.0 (and stable kernels that took it over, 6.18.44 among
 * them) reads an interval set from an array that a commit publishes last, after it has gone through every element of the transaction: rules that come with new
 * interval sets look into empty ones until then, 80 ms for 100,000 hosts, and refuse whoever is approved by a prefix, administrators included. So the
 * rules come when the sets they name are there. (Older kernels miss members of a set that is emptied and filled again in one transaction; they want new sets, too.)
 */

import type { About } from './about.ts'
import { checkProgram } from './check-program.ts'
import { chainsText, compileNft, setChunks, setElements } from './compile-nft.ts'
import type { NftBatchOptions } from './compile-nft-batch.ts'
import { compileNftFill } from './compile-nft-fill.ts'
import { type ListSet, listSets, NFT_TABLE, nftTitle, SEEN_SETS } from './nft-layout.ts'
import type { NftBatch } from './nft-messages.ts'
import { lookLine, type NftChain, nftChains } from './nft-rules.ts'
import type { FilterProgram } from './program.ts'

/** Transactions in their order. Only `switch` changes what packets meet. */
export interface NftSteps {
  /** Fills what `switch` will need. */
  readonly before: Iterable<string>
  /** The same as the messages that nft would make of it: most of what a load takes is nft reading its text. */
  readonly fill: (options: NftBatchOptions) => NftBatch
  readonly switch: Iterable<string>
  /** Puts the rules in order and clears what is no longer needed; `undefined` where a rule of `switch` is missing. Absent where there is nothing to do. */
  readonly after?: (standing: readonly StandingRule[]) => string | undefined
}

/** A rule that names a set that stands in for another. */
export interface StandingRule {
  readonly chain: string
  /** Of the set that is stood in for: `net4`. */
  readonly set: string
  readonly handle: number
}

/** In the order of the rules that look into them. */
const INTERVAL_SETS = ([4, 6] as const).flatMap((family) =>
  (['mgmt', 'open', 'block', 'net'] as const).map((kind) => ({ name: `${kind}${family}`, kind, family })),
)
const INTERVAL_NAMES = /@((?:net|mgmt|open|block)[46])\b/g

const NEXT = '-next'

/** What stands in for `name` from one step to the next. */
function nextName(name: string): string {
  return `${name}${NEXT}`
}

export interface RefillOptions {
  /** Sets that hold what `program` wants already. */
  readonly keep?: readonly string[]
}

/** Over a table of ours that says it holds `found` and has the same hooks. The list of refused sources is kept. */
export function compileNftRefill(program: FilterProgram, found: About, { keep = [] }: RefillOptions = {}): NftSteps {
  checkProgram(program)
  return {
    before: nextChunks(program),
    fill: (options) => fillNext(program, options),
    switch: compileNft(program, { refill: found, keep, rename: withNext }),
    after: (standing) => settleText(program, standing),
  }
}

/** What stands in a table of ours that is not as we made it. */
export interface NftRemains {
  readonly chains: readonly string[]
  readonly sets: readonly string[]
}

/** Over a table of ours of any shape; nothing of what was there is left. */
export function compileNftOver(program: FilterProgram, { chains, sets }: NftRemains): NftSteps {
  checkProgram(program)
  const next = intervalSets(program).map(({ name }) => nextName(name))
  const gone = sets.filter((name) => !next.includes(name))
  const head = [
    ...chains.map((name) => `flush chain ${NFT_TABLE} ${name}\n`),
    ...chains.map((name) => `delete chain ${NFT_TABLE} ${name}\n`),
    ...gone.map((name) => `delete set ${NFT_TABLE} ${name}\n`),
  ]
  return {
    before: nextChunks(program),
    fill: (options) => fillNext(program, options),
    switch: compileNft(program, { head: head.join(''), rename: withNext }),
    after: (standing) => settleText(program, standing),
  }
}

/** Over a table of ours whose sets hold what `program` wants: nothing is left of its chains and rules. */
export function compileNftChains(program: FilterProgram, { chains }: Pick<NftRemains, 'chains'>): string {
  checkProgram(program)
  const gone = [
    ...chains.map((name) => `flush chain ${NFT_TABLE} ${name}\n`),
    ...chains.map((name) => `delete chain ${NFT_TABLE} ${name}\n`),
  ]
  return `${nftTitle('the rules of', program)}${gone.join('')}table ${NFT_TABLE} {${chainsText(nftChains(program))}}\n`
}

/** Where no packet goes through a table of ours: none is there, or `table`, by the kernel's number, has no hooks. */
export function compileNftFirst(program: FilterProgram, table?: number): NftSteps {
  checkProgram(program)
  return {
    before: firstChunks(program),
    fill: (options) =>
      compileNftFill(program, {
        ...options,
        sets: listSets(program),
        nameOf: ({ name }) => name,
        begin(writer) {
          // Taken late, after somebody else loaded a list, this must not delete it: what is there must be what was seen.
          if (table !== undefined) writer.deleteOurTable(table)
          writer.addOurTable()
          writer.addChain(filledChain(program))
        },
      }),
    switch: firstChains(program),
  }
}

/** The chain that only a table has whose sets were filled with this list, so that the rules come into no other. */
function filledChain({ digest }: FilterProgram): string {
  return `filled-${digest.slice(0, 32)}`
}

function* firstChunks(program: FilterProgram): Generator<string> {
  yield `${nftTitle('the sets of', program)}add table ${NFT_TABLE}\ndelete table ${NFT_TABLE}\ntable ${NFT_TABLE} {\n`
  const elements = setElements(program)
  for (const set of listSets(program)) yield* setChunks(set, elements.get(set.name))
  yield chainsText([{ name: filledChain(program), lines: [] }])
  yield '}\n'
}

function* firstChains(program: FilterProgram): Generator<string> {
  yield `${nftTitle('the rules of', program)}delete chain ${NFT_TABLE} ${filledChain(program)}\ntable ${NFT_TABLE} {\n`
  for (const set of SEEN_SETS) yield* setChunks(set, undefined)
  yield `${chainsText(nftChains(program))}}\n`
}

/** As `nextChunks`. */
function fillNext(program: FilterProgram, options: NftBatchOptions): NftBatch {
  const sets = intervalSets(program)
  return compileNftFill(program, {
    ...options,
    sets,
    nameOf: ({ name }) => nextName(name),
    begin(writer) {
      for (const set of sets) {
        writer.addSet(set, nextName(set.name))
        writer.deleteSet(nextName(set.name))
      }
    },
  })
}

/** Made anew where an apply that was cut off left them; the kernel refuses that while a rule names them. */
function* nextChunks(program: FilterProgram): Generator<string> {
  yield nftTitle('beside what is in force,', program)
  const elements = setElements(program)
  const sets = intervalSets(program)
  for (const { name, declaration } of sets) {
    const next = nextName(name)
    yield `add set ${NFT_TABLE} ${next} { ${declaration.join('; ')}; }\ndelete set ${NFT_TABLE} ${next}\n`
  }
  yield `table ${NFT_TABLE} {\n`
  for (const { name, declaration } of sets) yield* setChunks({ name: nextName(name), declaration }, elements.get(name))
  yield '}\n'
}

/**
 * Puts the rules in order that an apply left which was cut off before its last step: they look into sets that stand in for others, and the others, which every later
 * change is made to, into nothing. Both hold the same. Empty where no rule does.
 */
export function compileNftSettle(standing: readonly StandingRule[]): string {
  const lines = replaceLines(standing)
  return lines.length === 0 ? '' : ['# edgeward: in order, as an apply left it that was cut off\n', ...lines].join('')
}

function settleText(program: FilterProgram, standing: readonly StandingRule[]): string | undefined {
  const isWhole = INTERVAL_SETS.every(({ name }) => standing.some(({ set }) => set === name))
  return isWhole ? [nftTitle('in order,', program), ...replaceLines(standing)].join('') : undefined
}

/**
 * Each rule is replaced by itself, and no chain emptied: `nft monitor` (1.0.6) takes the sets that a deleted rule named for gone, and whoever listens would hear no
 * more of `host4`.
 */
function replaceLines(standing: readonly StandingRule[]): readonly string[] {
  const named = INTERVAL_SETS.flatMap((set) =>
    standing
      .filter((rule) => rule.set === set.name && rule.chain === `judge${set.family}`)
      .map((rule) => ({ ...rule, line: lookLine(set.kind, set.family) })),
  )
  return [
    ...named.map(({ chain, handle, line }) => `replace rule ${NFT_TABLE} ${chain} handle ${handle} ${line}\n`),
    ...[...new Set(named.map(({ set }) => set))].map((set) => `delete set ${NFT_TABLE} ${nextName(set)}\n`),
  ]
}

/** The set that `name` stands in for; `undefined` where it is none of these. */
export function findStoodIn(name: string): string | undefined {
  return name.endsWith(NEXT) ? name.slice(0, -NEXT.length) : undefined
}

function withNext({ name, lines }: NftChain): NftChain {
  return { name, lines: lines.map((line) => line.replace(INTERVAL_NAMES, (_, set: string) => `@${nextName(set)}`)) }
}

function intervalSets(program: FilterProgram): readonly ListSet[] {
  return listSets(program).filter(({ flags }) => flags.includes('interval'))
}
