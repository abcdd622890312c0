import { createHash } from 'node:crypto'
import { type About, findAbout } from '../../rules/firewall/about.ts'
import { type IpsetHost, isOurSet } from '../../rules/firewall/compile-ipset.ts'
import {
  CHANGE_SET,
  FAMILIES,
  type Family,
  GENERATIONS,
  type Generation,
  LIST_KINDS,
  type ListKind,
  listSetName,
  seenSetName,
  TIMED_KINDS,
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
  readonly about: About | undefined
  /** The generation of which the rules name every list; `undefined` where there is none. */
  readonly generation: Generation | undefined
  /** Every generation of which they name one. */
  readonly named: readonly Generation[]
  readonly jumps: JumpsByChain
  /** Our rules as iptables-save wrote them. */
  readonly rules: readonly string[]
  readonly hasChains: boolean
}

/** What the host holds of ours, whole or not. */
export interface IpsetState {
  readonly families: Readonly<Record<Family, FamilyState>>
  /** Name of each set of ours, and how many elements it says it has. */
  readonly sets: ReadonlyMap<string, number>
}

/** What is in force as a whole. */
export interface WholeState {
  readonly about: About
  readonly generations: Readonly<Record<Family, Generation>>
  /** SHA-256 over rules and list lengths: another value means that somebody changed them. */
  readonly shape: string
}

/** Reads `iptables-save -t filter`, or ip6tables-save. */
export function readFamilyState(saved: string, family: Family): FamilyState {
  const lines = saved.split('\n')
  const rules = lines.filter((line) => IPTABLES_CHAINS.some((chain) => line.startsWith(`-A ${chain} `)))
  const chains = IPTABLES_CHAINS.filter((chain) => lines.some((line) => line.startsWith(`:${chain} `)))
  const about = rules.find((rule) => rule.startsWith('-A EDGEWARD-ABOUT '))
  const comment = about === undefined ? undefined : /--comment "([^"]*)"/.exec(about)?.[1]
  const isNamed = (kind: ListKind, generation: Generation) =>
    rules.some((rule) => rule.includes(` --match-set ${listSetName(kind, family, generation)} src `))
  return {
    about: comment === undefined ? undefined : findAbout(comment),
    generation: GENERATIONS.find((one) => LIST_KINDS.every((kind) => isNamed(kind, one))),
    named: GENERATIONS.filter((one) => LIST_KINDS.some((kind) => isNamed(kind, one))),
    jumps: { INPUT: jumpsOf(lines, 'INPUT'), FORWARD: jumpsOf(lines, 'FORWARD') },
    rules,
    hasChains: chains.length > 0,
  }
}

/** Reads `ipset list -terse`: our sets and their lengths. */
export function readSets(listed: string): ReadonlyMap<string, number> {
  const sets = new Map<string, number>()
  for (const section of listed.split('\n\n')) {
    const name = /^Name: (\S+)$/m.exec(section)?.[1]
    if (name === undefined || !isOurSet(name)) continue
    sets.set(name, Number(/^Number of entries: (\d+)$/m.exec(section)?.[1] ?? Number.NaN))
  }
  return sets
}

/** What is in force; `undefined` where it is not there or not whole: a delta cut off, families of two revisions, a rule of others before our jump. */
export function findWhole({ families, sets }: IpsetState): WholeState | undefined {
  const { 4: v4, 6: v6 } = families
  if (v4.about === undefined || v6.about === undefined || !isSameAbout(v4.about, v6.about)) return undefined
  if (v4.generation === undefined || v6.generation === undefined || sets.has(CHANGE_SET)) return undefined
  const generations = { 4: v4.generation, 6: v6.generation }
  const lists = FAMILIES.flatMap((family) => LIST_KINDS.map((kind) => listSetName(kind, family, generations[family])))
  if (![...lists, ...FAMILIES.map(seenSetName)].every((name) => sets.has(name))) return undefined
  if (!FAMILIES.every((family) => hasGoodJumps(families[family].jumps))) return undefined
  const hash = createHash('sha256')
  for (const family of FAMILIES) {
    const { rules, jumps } = families[family]
    hash.update(`${rules.filter((rule) => !rule.startsWith('-A EDGEWARD-ABOUT ')).join('\n')}\n${JSON.stringify(jumps)}\n`)
  }
  // Timed elements leave by themselves; any other that comes or goes was somebody's doing.
  for (const name of lists.filter((one) => !TIMED_KINDS.some((kind) => one.includes(`-${kind}`))))
    hash.update(`${name} ${sets.get(name)}\n`)
  return { about: v4.about, generations, shape: hash.digest('hex') }
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

function isSameAbout(a: About, b: About): boolean {
  return a.revision === b.revision && a.digest === b.digest && a.mode === b.mode
}
