import { createHash } from 'node:crypto'
import type { BlockSet } from '../addresses/block-set.ts'
import { type About, aboutText } from './about.ts'
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

/** What the mark is called while a delta is under way: whoever finds it holds neither the old list nor the new one. */
export const CHANGE_SET = `${IPSET_PREFIX}change`

/** Which generation each family's rules name. */
export type Generations = Readonly<Record<Family, Generation>>

const MARK_PREFIX = `${IPSET_PREFIX}at-`
const MARK_DIGITS = 19
/** hash:net needs an element for its comment to hang on. No packet is judged by this set. */
const MARK_ELEMENT = '0.0.0.1'

/**
 * The set whose mere name says what is in force: a hash of revision, mode, digest and of the generations that the rules must name for it to hold. A delta begins by renaming it, which the
 * kernel refuses where anything else is in force; a program of another generation brings its own, which counts from the instant its rules do.
 */
export function markName(about: About, generations: Generations): string {
  const text = `${aboutText(about)} ${generations[4]}${generations[6]}`
  return MARK_PREFIX + createHash('sha256').update(text).digest('hex').slice(0, MARK_DIGITS)
}

export function isMark(name: string): boolean {
  return name.startsWith(MARK_PREFIX)
}

/** A mark with what it says in words that can be read back: `aboutText`, as the comment of its one element. */
export function createMark(about: About, generations: Generations): string {
  const name = markName(about, generations)
  return `create ${name} hash:net hashsize 64 maxelem 1 comment\n${sayMark(name, about)}`
}

/** For a delta: from the mark in force to the next, by way of `CHANGE_SET`. */
export function beginChange(about: About, generations: Generations): string {
  return `rename ${markName(about, generations)} ${CHANGE_SET}\n`
}

export function endChange(about: About, generations: Generations): string {
  return `flush ${CHANGE_SET}\n${sayMark(CHANGE_SET, about)}${endTimedChange(about, generations)}`
}

/** The end of a change of timed lists, which are no part of what the mark says. */
export function endTimedChange(about: About, generations: Generations): string {
  return `rename ${CHANGE_SET} ${markName(about, generations)}\n`
}

function sayMark(name: string, about: About): string {
  return `add ${name} ${MARK_ELEMENT} comment "${aboutText(about)}"\n`
}

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
