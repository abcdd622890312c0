import type { BlockSet } from '../addresses/block-set.ts'
import { checkBlocked, checkProgram } from './check-program.ts'
import { blockedElementsOf, elementLines, elementsOf } from './ipset-elements.ts'
import {
  CHANGE_SET,
  countOfFamily,
  createList,
  createSeen,
  FAMILIES,
  type Family,
  type Generation,
  IPSET_PREFIX,
  LIST_KINDS,
  type ListKind,
  listSetName,
  otherGeneration,
  seenSetName,
} from './ipset-layout.ts'
import { iptablesText, type JumpsByChain, NO_JUMPS } from './iptables-rules.ts'
import { nftTitle } from './nft-layout.ts'
import type { FilterProgram, TimedBlock } from './program.ts'

/** What is given to the tools, in this order. Each text is taken whole or not at all by iptables; by ipset, line after line. */
export interface IpsetTexts {
  /** For `ipset restore`: changes nothing that packets are judged by, or only adds to it. */
  readonly before: Iterable<string>
  /** For `iptables-restore --noflush` and `ip6tables-restore --noflush`. */
  readonly rules: Readonly<Record<Family, string>>
  /** For `ipset restore`: what must not go before the rules have changed. */
  readonly after: Iterable<string>
}

/** What a host holds of ours and the new texts must fit to. */
export interface IpsetHost {
  readonly families: Readonly<Record<Family, { readonly generation: Generation | undefined; readonly jumps: JumpsByChain }>>
  /** Names of our sets. */
  readonly sets: readonly string[]
}

/** A host that holds nothing of ours. */
export const BARE_HOST: IpsetHost = {
  families: { 4: { generation: undefined, jumps: NO_JUMPS }, 6: { generation: undefined, jumps: NO_JUMPS } },
  sets: [],
}

/**
 * All of `program`: the lists beside those in force, then the rules of each family in one transaction that names the new lists, revision, digest and mode.
 * v4 and v6 follow each other within milliseconds; each always holds one whole revision. The generation left behind is for the caller to destroy.
 * @throws FilterError
 */
export function compileIpset(program: FilterProgram, host: IpsetHost = BARE_HOST): IpsetTexts {
  checkProgram(program)
  const into = { 4: otherGeneration(host.families[4].generation), 6: otherGeneration(host.families[6].generation) }
  const inUse = FAMILIES.flatMap((family) => {
    const { generation } = host.families[family]
    return generation === undefined ? [] : LIST_KINDS.map((kind) => listSetName(kind, family, generation))
  })
  const kept = [...inUse, ...FAMILIES.map(seenSetName), CHANGE_SET]
  const rulesOf = (family: Family) => iptablesText(program, family, into[family], host.families[family].jumps)
  return {
    before: fillChunks(
      program,
      into,
      host.sets.filter((name) => !kept.includes(name)),
    ),
    rules: { 4: rulesOf(4), 6: rulesOf(6) },
    after: [],
  }
}

/** Replaces the timed blocks of the generation in force: filled beside and swapped, each family in one step. @throws FilterError BAD_TIMEOUT */
export function* compileIpsetBlocked(
  blocked: readonly TimedBlock[],
  generations: Readonly<Record<Family, Generation>>,
): Generator<string> {
  checkBlocked(blocked)
  for (const family of FAMILIES) {
    const fresh = listSetName('block', family, 'new')
    yield* listChunks(fresh, 'block', family, blocked.length, blockedElementsOf(blocked, family))
    yield `swap ${fresh} ${listSetName('block', family, generations[family])}\ndestroy ${fresh}\n`
  }
}

export function destroyText(names: readonly string[]): string {
  return names.map((name) => `destroy ${name}\n`).join('')
}

/** True for the name of a set of ours. */
export function isOurSet(name: string): boolean {
  return name.startsWith(IPSET_PREFIX)
}

function* fillChunks(
  program: FilterProgram,
  into: Readonly<Record<Family, Generation>>,
  leftovers: readonly string[],
): Generator<string> {
  yield nftTitle('all of', program)
  yield destroyText(leftovers)
  for (const family of FAMILIES) {
    yield* blockListChunks(program.approved, 'approved', family, into[family])
    yield* blockListChunks(program.management, 'mgmt', family, into[family])
    const name = listSetName('block', family, into[family])
    yield* listChunks(name, 'block', family, program.blocked.length, blockedElementsOf(program.blocked, family))
    yield createSeen(family)
  }
}

function blockListChunks(set: BlockSet, kind: ListKind, family: Family, generation: Generation): Generator<string> {
  return listChunks(listSetName(kind, family, generation), kind, family, countOfFamily(set, family), elementsOf(set, family))
}

function* listChunks(name: string, kind: ListKind, family: Family, count: number, elements: Iterable<string>): Generator<string> {
  yield createList(name, kind, family, count)
  yield* elementLines('add', name, elements)
}
