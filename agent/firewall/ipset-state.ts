import { type About, findAbout } from '../../rules/firewall/about.ts'
import { type IpsetHost, isOurSet } from '../../rules/firewall/compile-ipset.ts'
import {
  FAMILIES,
  type Family,
  GENERATIONS,
  type Generation,
  type Generations,
  isMark,
  LIST_KINDS,
  type ListKind,
  listSetName,
  markName,
  seenSetName,
} from '../../rules/firewall/ipset-layout.ts'
import {
  BUILTIN_CHAINS,
  type BuiltinChain,
  ENTRY_CHAIN,
  type FoundJumps,
  IPTABLES_CHAINS,
  type JumpsByChain,
} from '../../rules/firewall/iptables-rules.ts'

/** What one family's `filter` table holds of ours. */
export interface FamilyState {
  /** The generation of which the rules name every list; `undefined` where there is none. */
  readonly generation: Generation | undefined
  /** Every generation of which they name one. */
  readonly named: readonly Generation[]
  readonly jumps: JumpsByChain
  /** Our rules as iptables-save wrote them. */
  readonly rules: readonly string[]
  /** Those of our chains that are there. */
  readonly chains: readonly string[]
}

/** A set of ours as `ipset list -terse` tells of it. */
export interface FoundSet {
  readonly count: number
  /** Type and what it was created with. Newer ones print the seed of its hash: then another set of the same name differs. */
  readonly header: string
}

/** What the host holds of ours, whole or not. */
export interface IpsetState {
  readonly families: Readonly<Record<Family, FamilyState>>
  readonly sets: ReadonlyMap<string, FoundSet>
}

/** Rules and lists that can be in force as a whole; the marks say as what. */
export interface WholeState {
  readonly marks: readonly string[]
  readonly generations: Generations
}

/** Reads `iptables-save -t filter`, or ip6tables-save. */
export function readFamilyState(saved: string, family: Family): FamilyState {
  const lines = saved.split('\n')
  const rules = lines.filter((line) => IPTABLES_CHAINS.some((chain) => line.startsWith(`-A ${chain} `)))
  const isNamed = (kind: ListKind, generation: Generation) =>
    rules.some((rule) => rule.includes(` --match-set ${listSetName(kind, family, generation)} src `))
  return {
    generation: GENERATIONS.find((one) => LIST_KINDS.every((kind) => isNamed(kind, one))),
    named: GENERATIONS.filter((one) => LIST_KINDS.some((kind) => isNamed(kind, one))),
    jumps: { INPUT: jumpsOf(lines, 'INPUT'), FORWARD: jumpsOf(lines, 'FORWARD') },
    rules,
    chains: IPTABLES_CHAINS.filter((chain) => lines.some((line) => line.startsWith(`:${chain} `))),
  }
}

/** Reads `ipset list -terse`: our sets. */
export function readSets(listed: string): ReadonlyMap<string, FoundSet> {
  const sets = new Map<string, FoundSet>()
  for (const section of listed.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(section)?.[1] ?? ''
    const name = field('Name')
    if (!isOurSet(name)) continue
    // The hash grows by itself.
    const header = `${field('Type')} ${field('Header').replace(/\bhashsize \d+ /, '')}`
    sets.set(name, { count: Number.parseInt(field('Number of entries'), 10), header })
  }
  return sets
}

/** What can be in force; `undefined` where something of it is not there: a list, a chain's rules, our jump, or a rule of others stands before it. */
export function findWhole({ families, sets }: IpsetState): WholeState | undefined {
  const { 4: v4, 6: v6 } = families
  if (v4.generation === undefined || v6.generation === undefined) return undefined
  const generations = { 4: v4.generation, 6: v6.generation }
  if (!listNames(generations).every((name) => sets.has(name))) return undefined
  if (!FAMILIES.every((family) => hasGoodJumps(families[family].jumps))) return undefined
  const marks = [...sets.keys()].filter(isMark)
  return marks.length === 0 ? undefined : { marks, generations }
}

/** The sets that rules of these generations name. */
export function listNames(generations: Generations): readonly string[] {
  return FAMILIES.flatMap((family) => [
    ...LIST_KINDS.map((kind) => listSetName(kind, family, generations[family])),
    seenSetName(family),
  ])
}

/** Reads `ipset save` of a mark: what is in force, where the mark is that of these generations. */
export function findMarked(saved: string, generations: Generations): About | undefined {
  const [, name = '', comment = ''] = /^add (\S+) \S+ comment "([^"]*)"$/m.exec(saved) ?? []
  const about = findAbout(comment)
  return about !== undefined && markName(about, generations) === name ? about : undefined
}

/** What the compilers must know of the host. */
export function hostOf({ families, sets }: IpsetState): IpsetHost {
  return { families, sets: [...sets.keys()] }
}

/** The kernel's chains that jump to ours. */
export function hooksFound(jumps: JumpsByChain): readonly BuiltinChain[] {
  return BUILTIN_CHAINS.filter((chain) => jumps[chain].count > 0)
}

function jumpsOf(lines: readonly string[], chain: BuiltinChain): FoundJumps {
  const rules = lines.filter((line) => line.startsWith(`-A ${chain} `))
  const jump = `-A ${chain} -j ${ENTRY_CHAIN}`
  return { count: rules.filter((rule) => rule === jump).length, isFirst: rules[0] === jump }
}

function hasGoodJumps(jumps: JumpsByChain): boolean {
  const found = hooksFound(jumps)
  return found.length > 0 && found.every((chain) => jumps[chain].count === 1 && jumps[chain].isFirst)
}
