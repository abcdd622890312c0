import type { BlockSet } from '../addresses/block-set.ts'
import { hostCapacity } from './nft-layout.ts'

export type Family = 4 | 6
export const FAMILIES: readonly Family[] = [4, 6]

/**
 * Sets come in two generations with names of their own: the next is filled while the other is in force, then one transaction of iptables-restore moves
 * all rules of a family from one to the other. Nothing in between is ever in force.
 */
export type Generation = 'a' | 'b'
export const GENERATIONS: readonly Generation[] = ['a', 'b']

/** What each generation holds. One set for hosts and prefixes together, because one set is one look-up and one thing to replace. */
export const LIST_KINDS = ['approved', 'mgmt', 'open', 'block'] as const
export type ListKind = (typeof LIST_KINDS)[number]
/** Those whose elements leave by themselves. */
export const TIMED_KINDS = ['open', 'block'] as const
export type TimedKind = (typeof TIMED_KINDS)[number]

export const IPSET_PREFIX = 'edgeward-'

/** There while a delta is under way: whoever finds it holds neither the old list nor the new one. */
export const CHANGE_SET = `${IPSET_PREFIX}change`

/** How long a refused source stays listed after the packet that listed it, and how many each list holds. */
const SEEN_TIMEOUT_S = 3600
const SEEN_SIZE = 16_384

/** `edgeward-approved4-a`; ipset takes 31 characters. */
export function listSetName(kind: ListKind, family: Family, generation: Generation | 'new'): string {
  return `${IPSET_PREFIX}${kind}${family}-${generation}`
}

/** Kept from one generation to the next. */
export function seenSetName(family: Family): string {
  return `${IPSET_PREFIX}seen${family}`
}

/** How ipset(8) creates a list of `count` blocks. Room to grow by deltas; more than `maxelem` is refused by the kernel. */
export function createList(name: string, kind: ListKind, family: Family, count: number): string {
  const timeout = TIMED_KINDS.some((timed) => timed === kind) ? ' timeout 3600' : ''
  return `create ${name} hash:net family ${familyName(family)} hashsize ${hashSize(count)} maxelem ${hostCapacity(count)}${timeout}\n`
}

/** Bounded, because strangers choose their addresses; with a counter for each. */
export function createSeen(family: Family): string {
  const size = `hashsize 1024 maxelem ${SEEN_SIZE}`
  return `create ${seenSetName(family)} hash:ip family ${familyName(family)} ${size} timeout ${SEEN_TIMEOUT_S} counters -exist\n`
}

/** How many blocks of a family the set has. */
export function countOfFamily(set: BlockSet, family: Family): number {
  return family === 4 ? set.host4.length + set.net4.length : set.host6.length / 2 + set.net6.length / 2
}

/** True where lists created for `base` can take `next` by deltas. */
export function fitsIntoLists(base: BlockSet, next: BlockSet): boolean {
  return FAMILIES.every((family) => countOfFamily(next, family) <= hostCapacity(countOfFamily(base, family)))
}

function familyName(family: Family): string {
  return family === 4 ? 'inet' : 'inet6'
}

/** A power of two near the count, so that filling need not resize. */
function hashSize(count: number): number {
  let size = 1024
  while (size < count && size < 2 ** 20) size *= 2
  return size
}
