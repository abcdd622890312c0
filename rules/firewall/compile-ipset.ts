import { checkBlocked, checkProgram } from './check-program.ts'
import { elementLines, elementsOf, timedElementsOf } from './ipset-elements.ts'
import {
  countOfFamily,
  createList,
  createMark,
  createSeen,
  FAMILIES,
  type Family,
  GENERATIONS,
  type Generation,
  type Generations,
  IPSET_PREFIX,
  type ListKind,
  listSetName,
  markName,
  type TimedKind,
} from './ipset-layout.ts'
import { iptablesText, type JumpsByChain, NO_JUMPS } from './iptables-rules.ts'
import { nftTitle } from './nft-layout.ts'
import type { FilterProgram, TimedBlock } from './program.ts'

/** What is given to the tools, in this order. Each text is taken whole or not at all by iptables; by ipset, line after line. */
export interface IpsetTexts {
  /** For `ipset restore`. Of a whole program: changes nothing that packets are judged by. */
  readonly sets: Iterable<string>
  /** For `iptables-restore --noflush` and `ip6tables-restore --noflush`; absent where only lists change. */
  readonly rules?: Readonly<Record<Family, string>>
}

/** What a host holds of ours and the new texts must fit to. */
export interface IpsetHost {
  /** `named`: the generations that our rules of the family name now; normally one. */
  readonly families: Readonly<Record<Family, { readonly named: readonly Generation[]; readonly jumps: JumpsByChain }>>
  /** Names of our sets. */
  readonly sets: readonly string[]
}

/** A host that holds nothing of ours. */
export const BARE_HOST: IpsetHost = {
  families: { 4: { named: [], jumps: NO_JUMPS }, 6: { named: [], jumps: NO_JUMPS } },
  sets: [],
}

/**
 * All of `program`: the lists beside those in force, then the rules of each family in one transaction that names the new lists.
 * v4 and v6 follow each other within milliseconds; each always holds one whole revision. The generation left behind is for the caller to destroy.
 * @throws FilterError
 */
export function compileIpset(program: FilterProgram, host: IpsetHost = BARE_HOST): Required<IpsetTexts> {
  checkProgram(program)
  const into = { 4: freeGeneration(host, 4), 6: freeGeneration(host, 6) }
  const rulesOf = (family: Family) => iptablesText(program, family, into[family], host.families[family].jumps)
  return { sets: fillChunks(program, into, host.sets), rules: { 4: rulesOf(4), 6: rulesOf(6) } }
}

/** Replaces one timed list of the generation in force: filled beside and swapped, each family in one step. @throws FilterError BAD_TIMEOUT */
export function* compileIpsetTimed(kind: TimedKind, timed: readonly TimedBlock[], generations: Generations): Generator<string> {
  checkBlocked(timed)
  for (const family of FAMILIES) {
    const name = listSetName(kind, family, generations[family])
    yield* swapChunks(kind, family, name, timed.length, timedElementsOf(timed, family))
  }
}

export function destroyText(names: readonly string[]): string {
  return names.map((name) => `destroy ${name}\n`).join('')
}

/** True for the name of a set of ours. */
export function isOurSet(name: string): boolean {
  return name.startsWith(IPSET_PREFIX)
}

/** One that no rule names. Where somebody meddled so that both are named, lists are swapped under the rules: still never half a list. */
function freeGeneration(host: IpsetHost, family: Family): Generation {
  return GENERATIONS.find((one) => !host.families[family].named.includes(one)) ?? 'a'
}

function* fillChunks(program: FilterProgram, into: Generations, found: readonly string[]): Generator<string> {
  yield nftTitle('all of', program)
  const mark = markName(program, into)
  yield destroyText(found.filter((name) => name.endsWith('-new') || name === mark))
  yield createMark(program, into)
  for (const family of FAMILIES) {
    const { approved, management, opened = [], blocked } = program
    const fill = (kind: ListKind, count: number, elements: Iterable<string>) => {
      const name = listSetName(kind, family, into[family])
      // Left there by a change that was cut off, and perhaps named by a rule of somebody else.
      return found.includes(name)
        ? swapChunks(kind, family, name, count, elements)
        : listChunks(name, kind, family, count, elements)
    }
    yield* fill('approved', countOfFamily(approved, family), elementsOf(approved, family))
    yield* fill('mgmt', countOfFamily(management, family), elementsOf(management, family))
    yield* fill('open', opened.length, timedElementsOf(opened, family))
    yield* fill('block', blocked.length, timedElementsOf(blocked, family))
    yield createSeen(family)
  }
}

/** Filled beside and exchanged in one step. */
function* swapChunks(kind: ListKind, family: Family, name: string, count: number, elements: Iterable<string>): Generator<string> {
  const fresh = listSetName(kind, family, 'new')
  yield* listChunks(fresh, kind, family, count, elements)
  yield `swap ${fresh} ${name}\ndestroy ${fresh}\n`
}

function* listChunks(name: string, kind: ListKind, family: Family, count: number, elements: Iterable<string>): Generator<string> {
  yield createList(name, kind, family, count)
  yield* elementLines('add', name, elements)
}
