import { aboutText, stateChain } from './about.ts'
import type { FilterProgram } from './program.ts'

/** A chain of the table, its declaration (base chains only) and rules in nft's words. */
export interface NftChain {
  readonly name: string
  readonly lines: readonly string[]
}

/**
 * Before the usual filter (priority 0), so that a refused packet costs nobody else's rules anything and nobody's `drop` hides a stranger from our count. Where
 * it stands among filters changes no verdict: `accept` and `return` of one table bind no other (nft(8), "VERDICT STATEMENTS").
 */
const PRIORITY = 'filter - 10'

/**
 * IPv6 extension headers that may stand between a fragment header and the ports: hop-by-hop, routing, fragment, authentication, destination options, mobility,
 * HIP, shim6 (IANA, "IPv6 Extension Header Types"; ESP hides what follows anyway). Behind them a first fragment can carry its ports into the second one, where
 * nobody sees them (RFC 7112), so a first fragment that begins with one is judged whatever its port. Other fragments are harmless without an approved first one.
 * The usual cure, reassembly by connection tracking, would put every packet of the host into a table that a flood can fill.
 */
const HEADERS_BEFORE_PORTS = '0, 43, 44, 51, 60, 135, 139, 140'

/** Marks the rule that counts packets of strangers for whom the list of refused sources had no room. */
export const UNLISTED = 'unlisted'

/** All chains of `program`, in the order in which they may be declared. */
export function nftChains(program: FilterProgram): readonly NftChain[] {
  return [
    { name: stateChain(program), lines: [] },
    { name: 'about', lines: [`return comment "${aboutText(program)}"`] },
    { name: 'refuse', lines: refuseLines(program) },
    { name: 'judge4', lines: judgeLines(program, 4) },
    { name: 'judge6', lines: judgeLines(program, 6) },
    { name: 'judge', lines: ['meta nfproto ipv4 goto judge4', 'meta nfproto ipv6 goto judge6'] },
    { name: 'guard', lines: guardLines(program) },
    ...hooksOf(program).map((hook) => ({ name: hook, lines: hookLines(program, hook) })),
  ]
}

/** Hooks in one order, however the configuration names them. */
export function hooksOf(program: FilterProgram): readonly ('input' | 'forward')[] {
  return (['input', 'forward'] as const).filter((hook) => program.hooks.includes(hook))
}

function hookLines({ interfaces }: FilterProgram, hook: 'input' | 'forward'): readonly string[] {
  const jumps = interfaces.length === 0 ? ['jump guard'] : interfaces.map((name) => `iifname "${name}" jump guard`)
  return [`type filter hook ${hook} priority ${PRIORITY}; policy accept;`, 'iifname "lo" return', ...jumps]
}

/** Only these packets are judged: ICMP, neighbour discovery and every other port pass untouched. */
function guardLines({ guarded }: FilterProgram): readonly string[] {
  const ports = [...guarded.tcp.map((port) => `tcp . ${port}`), ...guarded.udp.map((port) => `udp . ${port}`)]
  return [
    `meta l4proto . th dport { ${ports.join(', ')} } goto judge`,
    `frag frag-off 0 frag nexthdr { ${HEADERS_BEFORE_PORTS} } goto judge6`,
  ]
}

/**
 * Established connections run through here like new ones: a revoked address is cut at its next packet. Approved means `return`, not `accept`: other tables decide the
 * rest. The list of strangers is a rule of its own without a verdict, because a full set ends the rule it stands in (nft(8), "SET STATEMENT"), and must not end the refusal.
 */
function judgeLines({ mode }: FilterProgram, family: 4 | 6): readonly string[] {
  const source = sourceOf(family)
  return [
    lookLine('mgmt', family),
    lookLine('open', family),
    lookLine('block', family),
    lookLine('host', family),
    lookLine('net', family),
    `update @seen${family} { ${source} }`,
    `${source} != @seen${family} counter comment "${UNLISTED}"`,
    mode === 'enforce' ? 'counter goto refuse' : 'counter return',
  ]
}

/** The rule that looks into a set of the list or the configuration: the same in every program. */
export function lookLine(kind: 'mgmt' | 'open' | 'block' | 'host' | 'net', family: 4 | 6): string {
  return `${sourceOf(family)} @${kind}${family} ${kind === 'block' ? 'counter goto refuse' : 'return'}`
}

function sourceOf(family: 4 | 6): string {
  return family === 4 ? 'ip saddr' : 'ip6 saddr'
}

/** Hospital software hangs 30–60 s on silence and fails at once on a reset. */
function refuseLines({ refuse }: FilterProgram): readonly string[] {
  return refuse === 'drop' ? ['drop'] : ['meta l4proto tcp reject with tcp reset', 'reject with icmpx admin-prohibited']
}
