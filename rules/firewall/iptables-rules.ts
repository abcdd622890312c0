import { type Family, type Generation, type ListKind, listSetName, seenSetName } from './ipset-layout.ts'
import { UNLISTED } from './nft-rules.ts'
import type { FilterProgram } from './program.ts'

/** Every chain we own, in `filter`, of both families. */
export const IPTABLES_CHAINS = ['EDGEWARD', 'EDGEWARD-GUARD', 'EDGEWARD-PORTS', 'EDGEWARD-JUDGE', 'EDGEWARD-REFUSE'] as const

/** The chain that the kernel's own chains jump to. */
export const ENTRY_CHAIN = 'EDGEWARD'

export type BuiltinChain = 'INPUT' | 'FORWARD'
export const BUILTIN_CHAINS: readonly BuiltinChain[] = ['INPUT', 'FORWARD']

/** How our jump stands in one of the kernel's chains. */
export interface FoundJumps {
  readonly count: number
  /** No rule of anybody else stands before it. */
  readonly isFirst: boolean
}

export type JumpsByChain = Readonly<Record<BuiltinChain, FoundJumps>>

export const NO_JUMPS: JumpsByChain = { INPUT: { count: 0, isFirst: false }, FORWARD: { count: 0, isFirst: false } }

/** xt_multiport takes 15. */
const MAX_PORTS_PER_RULE = 15

/** A first IPv6 fragment with such headers can carry its ports into the second one, where nobody sees them (RFC 7112), so it is judged whatever its port. */
const HEADERS_BEFORE_PORTS = ['hop', 'dst', 'route', 'auth']
/** Mobility, HIP, shim6: ip6tables takes them for protocols. */
const PROTOCOLS_BEFORE_PORTS = [135, 139, 140]

/** Input of `iptables-restore --noflush` (or ip6tables-restore) that puts the rules of `program` in the place of ours, in one transaction. */
export function iptablesText(program: FilterProgram, family: Family, generation: Generation, found: JumpsByChain): string {
  const wanted = program.hooks.map((hook) => hook.toUpperCase() as BuiltinChain)
  return replaceText(ruleLines(program, family, generation), found, wanted)
}

/** The same from rules as `iptables-save` wrote them: the way back. No rules: all of ours goes. */
export function replaceText(rules: readonly string[], found: JumpsByChain, wanted: readonly BuiltinChain[]): string {
  const declared = IPTABLES_CHAINS.map((chain) => `:${chain} - [0:0]`)
  return ['*filter', ...declared, ...rules, ...jumpLines(found, wanted), 'COMMIT', ''].join('\n')
}

/** Takes the chains away. They are declared first, which empties them or makes the deletion succeed where there are none. */
export function removeText(found: JumpsByChain): string {
  const declared = IPTABLES_CHAINS.map((chain) => `:${chain} - [0:0]`)
  const deleted = IPTABLES_CHAINS.map((chain) => `-X ${chain}`)
  return ['*filter', ...declared, ...jumpLines(found, []), ...deleted, 'COMMIT', ''].join('\n')
}

/** Before all rules of others: an `ACCEPT` of theirs is final in iptables, and would open the door to everybody. */
function jumpLines(found: JumpsByChain, wanted: readonly BuiltinChain[]): string[] {
  return BUILTIN_CHAINS.flatMap((chain) => {
    const { count, isFirst } = found[chain]
    const isWanted = wanted.includes(chain)
    if (isWanted && isFirst && count === 1) return []
    const deleted = Array<string>(count).fill(`-D ${chain} -j ${ENTRY_CHAIN}`)
    return isWanted ? [...deleted, `-I ${chain} 1 -j ${ENTRY_CHAIN}`] : deleted
  })
}

/** True where the two differ in nothing that a packet is judged by but the lists. */
export function hasSameIptablesRules(from: FilterProgram, to: FilterProgram): boolean {
  const wordsOf = (program: FilterProgram) =>
    [4, 6].map((family) => iptablesText(program, family as Family, 'a', NO_JUMPS)).join('')
  return wordsOf(from) === wordsOf(to)
}

function ruleLines(program: FilterProgram, family: Family, generation: Generation): readonly string[] {
  return [
    '-A EDGEWARD -i lo -j RETURN',
    ...entryLines(program),
    ...guardLines(program, family),
    ...judgeLines(program, family, generation),
    ...refuseLines(program, family),
  ]
}

function entryLines({ interfaces }: FilterProgram): readonly string[] {
  if (interfaces.length === 0) return ['-A EDGEWARD -j EDGEWARD-GUARD']
  return interfaces.map((name) => `-A EDGEWARD -i ${name} -j EDGEWARD-GUARD`)
}

/**
 * Which packets are judged. Any rule with `-p` in ip6tables (legacy) drops a later fragment whose first header is an extension, whoever sent it; so later fragments leave
 * before one, as they do in nft.
 */
function guardLines({ guarded }: FilterProgram, family: Family): readonly string[] {
  return [
    ...(family === 6 ? fragmentLines() : []),
    '-A EDGEWARD-GUARD -j EDGEWARD-PORTS',
    ...(family === 6
      ? PROTOCOLS_BEFORE_PORTS.map((protocol) => `-A EDGEWARD-PORTS -p ${protocol} -m frag --fragfirst ${JUDGE}`)
      : []),
    ...(['tcp', 'udp'] as const).flatMap((protocol) =>
      chunksOf(guarded[protocol], MAX_PORTS_PER_RULE).map(
        (some) => `-A EDGEWARD-PORTS -p ${protocol} -m multiport --dports ${some.join(',')} ${JUDGE}`,
      ),
    ),
  ]
}

/** A goto, as in nft: what the judge returns is not asked about further ports. */
const JUDGE = '-g EDGEWARD-JUDGE'

function fragmentLines(): readonly string[] {
  return [
    ...HEADERS_BEFORE_PORTS.map((header) => `-m frag --fragfirst -m ipv6header --soft --header ${header} ${JUDGE}`),
    '-m frag --fragfirst -j EDGEWARD-PORTS',
    '-m frag -j RETURN',
  ].map((rule) => `-A EDGEWARD-GUARD ${rule}`)
}

/**
 * Established connections run through here like new ones. Approved means RETURN, not ACCEPT: other rules decide the rest. A stranger is counted by matching and
 * listed by adding, which starts its counter at 1; adding with `--exist` would start it anew each time. Neither rule has a verdict: a full list must not end the refusal.
 */
function judgeLines({ mode }: FilterProgram, family: Family, generation: Generation): readonly string[] {
  const isIn = (kind: ListKind) => `-m set --match-set ${listSetName(kind, family, generation)} src`
  const seen = seenSetName(family)
  return [
    `${isIn('mgmt')} -j RETURN`,
    `${isIn('open')} -j RETURN`,
    `${isIn('block')} -g EDGEWARD-REFUSE`,
    `${isIn('approved')} -j RETURN`,
    `-m set --match-set ${seen} src`,
    `-j SET --add-set ${seen} src`,
    `-m set ! --match-set ${seen} src ! --update-counters -m comment --comment "${UNLISTED}"`,
    ...(mode === 'enforce' ? ['-g EDGEWARD-REFUSE'] : []),
  ].map((rule) => `-A EDGEWARD-JUDGE ${rule}`)
}

function refuseLines({ refuse }: FilterProgram, family: Family): readonly string[] {
  if (refuse === 'drop') return ['-A EDGEWARD-REFUSE -j DROP']
  return [
    '-A EDGEWARD-REFUSE -p tcp -j REJECT --reject-with tcp-reset',
    `-A EDGEWARD-REFUSE -j REJECT --reject-with ${family === 4 ? 'icmp-admin-prohibited' : 'icmp6-adm-prohibited'}`,
  ]
}

function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size))
}
