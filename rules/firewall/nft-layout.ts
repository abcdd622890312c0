import type { BlockSet } from '../addresses/block-set.ts'
import { countOf } from '../addresses/block-set-lines.ts'
import type { FilterProgram } from './program.ts'

/** The one table we own, by family and name. */
export const NFT_TABLE = 'inet edgeward'

/** How long a refused source stays in `seen4` and `seen6` after its last packet, and how many each holds: listing takes time by the square of it (65,535: 3 s). */
export const SEEN_TIMEOUT_S = 3600
export const SEEN_SIZE = 16384

/** A set of the table and how nft(8) declares it. Twelve named ones; ports and extension headers add two without a name. */
export interface NftSet {
  readonly name: string
  /** Statements of the declaration besides its elements. */
  readonly declaration: readonly string[]
}

/** A set of the list or the configuration. */
export interface ListSet extends NftSet {
  readonly family: 4 | 6
  /** How many it can hold; a set of hosts that grows takes a third longer to load. */
  readonly size?: number
  readonly flags: readonly ('interval' | 'timeout')[]
}

/**
 * The sets that come from the signed list and the configuration. Hosts in hash sets of fixed size (a third faster to load than a growing one),
 * only true prefixes in interval sets, never merged: a merged element could not be deleted again.
 */
export function listSets(program: FilterProgram): readonly ListSet[] {
  const { host4, host6 } = program.approved
  return [
    listSet('host', 4, [], hostCapacity(host4.length)),
    listSet('host', 6, [], hostCapacity(host6.length / 2)),
    ...(['net', 'mgmt'] as const).flatMap((kind) => ([4, 6] as const).map((family) => listSet(kind, family, ['interval']))),
    ...(['open', 'block'] as const).flatMap((kind) =>
      ([4, 6] as const).map((family) => listSet(kind, family, ['interval', 'timeout'])),
    ),
  ]
}

function listSet(kind: string, family: 4 | 6, flags: ListSet['flags'], size?: number): ListSet {
  const statements = [
    `type ipv${family}_addr`,
    ...(size === undefined ? [] : [`size ${size}`]),
    ...(flags.length === 0 ? [] : [`flags ${flags.join(', ')}`]),
  ]
  return { name: `${kind}${family}`, declaration: statements, family, flags, ...(size === undefined ? {} : { size }) }
}

/** The sets that the packets fill. Bounded, because strangers choose their addresses. */
export const SEEN_SETS: readonly NftSet[] = [
  { name: 'seen4', declaration: seenDeclaration('ipv4_addr') },
  { name: 'seen6', declaration: seenDeclaration('ipv6_addr') },
]

function seenDeclaration(type: string): readonly string[] {
  return [`type ${type}`, `size ${SEEN_SIZE}`, 'flags dynamic, timeout', `timeout ${SEEN_TIMEOUT_S}s`, 'counter']
}

/** How many hosts a set made for `count` of them takes before it must be made anew: at least half as many again. */
export function hostCapacity(count: number): number {
  let capacity = 65536
  while (capacity < count * 1.5) capacity *= 2
  return capacity
}

/** True where a set loaded with `base` can take `next` by deltas. */
export function fitsInto(base: BlockSet, next: BlockSet): boolean {
  return next.host4.length <= hostCapacity(base.host4.length) && next.host6.length / 2 <= hostCapacity(base.host6.length / 2)
}

/** The head of a program's text, for people. */
export function nftTitle(what: string, program: FilterProgram): string {
  const { revision, mode, approved, management, blocked } = program
  const counts = `${countOf(approved)} approved, ${countOf(management)} management, ${blocked.length} blocked`
  return `# edgeward: ${what} revision ${revision}, mode ${mode}: ${counts}\n`
}
