import type { Block } from '../addresses/block.ts'
import { bitsOf, covers } from '../addresses/block-bits.ts'
import type { BlockSet } from '../addresses/block-set.ts'
import { differenceOf } from '../addresses/block-set-difference.ts'
import { hasAddress } from '../addresses/block-set-lookup.ts'
import { hosts4, hosts6 } from './element-texts.ts'
import type { FilterProgram } from './program.ts'

/**
 * What must be in force for a moment between `from` and `to`; `undefined` where nothing must. A commit shows hosts at once and prefixes some microseconds later, so a host
 * that goes because a prefix covers it now would be refused for that long, and one that comes and is blocked at once would pass. Here the first are still there and the second not
 * yet. Every packet is judged as by `to`, whose name it bears; only the elements are not all those of `to`.
 */
export function findBridge(from: FilterProgram, to: FilterProgram): FilterProgram | undefined {
  const { added, removed } = differenceOf(from.approved, to.approved)
  const kept = hostsWhere(removed, (host) => isLetIn(to, host))
  const withheld = hostsWhere(added, (host) => isBlocked(to, host))
  if (kept.length + withheld.length === 0) return undefined
  return { ...to, approved: withHosts(to.approved, kept, withheld) }
}

function isLetIn({ approved, management, opened = [] }: FilterProgram, host: Block): boolean {
  return hasAddress(approved, host) || hasAddress(management, host) || opened.some(({ block }) => covers(block, host))
}

function isBlocked({ blocked }: FilterProgram, host: Block): boolean {
  return blocked.some(({ block }) => covers(block, host))
}

function hostsWhere(set: BlockSet, isWanted: (host: Block) => boolean): Block[] {
  return [...hosts4(set), ...hosts6(set)].map((text) => text as Block).filter(isWanted)
}

/** `set` with `more` hosts and without `fewer`; a prefix may cover some. */
function withHosts(set: BlockSet, more: readonly Block[], fewer: readonly Block[]): BlockSet {
  const change = (family: 4 | 6, held: readonly bigint[]): bigint[] => {
    const valuesOf = (blocks: readonly Block[]) => blocks.map(bitsOf).filter((bits) => bits.family === family)
    const gone = new Set(valuesOf(fewer).map(({ value }) => value))
    const all = [...held.filter((value) => !gone.has(value)), ...valuesOf(more).map(({ value }) => value)]
    return all.sort((a, b) => (a < b ? -1 : Number(a > b)))
  }
  const host4 = change(4, Array.from(set.host4, BigInt))
  const held6 = Array.from({ length: set.host6.length / 2 }, (_, i) => pairAt(set.host6, i))
  const host6 = change(6, held6).flatMap((value) => [value >> 64n, value & 0xffff_ffff_ffff_ffffn])
  return { ...set, host4: Uint32Array.from(host4, Number), host6: BigUint64Array.from(host6) }
}

function pairAt(pairs: BigUint64Array, i: number): bigint {
  return ((pairs[2 * i] ?? 0n) << 64n) | (pairs[2 * i + 1] ?? 0n)
}
