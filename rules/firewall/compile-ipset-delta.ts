import type { BlockSet } from '../addresses/block-set.ts'
import { differenceOf } from '../addresses/block-set-difference.ts'
import { checkProgram } from './check-program.ts'
import { compileIpsetTimed, type IpsetTexts } from './compile-ipset.ts'
import { FilterError } from './filter-error.ts'
import { elementLines, elementsOf } from './ipset-elements.ts'
import { beginChange, endChange, FAMILIES, fitsIntoLists, type Generations, listSetName } from './ipset-layout.ts'
import { hasSameIptablesRules } from './iptables-rules.ts'
import { nftTitle } from './nft-layout.ts'
import type { FilterProgram, TimedBlock } from './program.ts'

/**
 * What leads from `from`, in the generations given, to `to`: one `ipset restore` and no rule. ipset takes line after line; the first renames the mark of `from`, so that where anything else is in
 * force nothing is changed at all. What is approved is added first and taken away last, who is refused by a verdict the other way round: whoever passes before and after is never
 * refused, and whoever never does never passes. `CHANGE_SET` is there from the first line to the last.
 * @throws FilterError, NOT_COMPARABLE where only the whole program will do
 */
export function compileIpsetDelta(from: FilterProgram, to: FilterProgram, generations: Generations): IpsetTexts {
  checkProgram(from)
  checkProgram(to)
  const obstacle = findIpsetDeltaObstacle(from, to)
  if (obstacle !== undefined)
    throw new FilterError('NOT_COMPARABLE', `Cannot compile a delta to revision ${to.revision}: ${obstacle}`)
  return { sets: changeChunks(from, to, generations) }
}

/** The generations of a bare host after the whole of a program was given to it. */
export const FIRST_GENERATIONS: Generations = { 4: 'a', 6: 'a' }

/**
 * Why no delta leads from `from` to `to`; `undefined` where one does. The kernel looks a source up by every prefix length that a hash:net set has, and moves these lengths up
 * one after another, without a lock for readers, when the last block of one is deleted: for that instant a packet can miss a block of the next length, which is approved
 * all the time (seen on Linux 6.18: 80 of 16,000 connections while one host was added and deleted without pause).
 */
export function findIpsetDeltaObstacle(from: FilterProgram, to: FilterProgram): string | undefined {
  if (!hasSameIptablesRules(from, to)) return 'the rules change, not only the lists'
  const fits = fitsIntoLists(from.approved, to.approved) && fitsIntoLists(from.management, to.management)
  if (!fits) return 'the blocks outgrow the size of their set'
  const isSameLengths = LISTS.every(([, field]) => lengthsOf(from[field]) === lengthsOf(to[field]))
  return isSameLengths ? undefined : 'the first or last block of a prefix length comes or goes'
}

const LISTS = [
  ['approved', 'approved'],
  ['mgmt', 'management'],
] as const

/** The prefix lengths of both families that occur, as a text to compare. */
function lengthsOf({ host4, net4Length, host6, net6Length }: BlockSet): string {
  const lengths4 = [...new Set(net4Length), ...(host4.length > 0 ? [32] : [])]
  const lengths6 = [...new Set(net6Length), ...(host6.length > 0 ? [128] : [])]
  return [lengths4, lengths6].map((lengths) => lengths.sort((a, b) => a - b).join()).join(';')
}

function* changeChunks(from: FilterProgram, to: FilterProgram, generations: Generations): Generator<string> {
  yield nftTitle(`from revision ${from.revision} to`, to)
  yield beginChange(from, generations)
  // Before anybody is let in, and until everybody has gone.
  yield* timedChunks('block', from.blocked, [...to.blocked, ...from.blocked], generations)
  yield* changedLines('add', from, to, generations)
  yield* timedChunks('open', from.opened, to.opened, generations)
  yield* changedLines('del', from, to, generations)
  if (from.blocked.length > 0) yield* timedChunks('block', from.blocked, to.blocked, generations)
  yield endChange(to, generations)
}

/** Nothing where the list was empty and stays so. */
function* timedChunks(
  kind: 'block' | 'open',
  from: readonly TimedBlock[] = [],
  to: readonly TimedBlock[] = [],
  generations: Generations,
): Generator<string> {
  if (from.length + to.length > 0) yield* compileIpsetTimed(kind, to, generations)
}

function* changedLines(verb: 'add' | 'del', from: FilterProgram, to: FilterProgram, generations: Generations): Generator<string> {
  for (const [kind, field] of LISTS) {
    const { added, removed } = differenceOf(from[field], to[field])
    for (const family of FAMILIES)
      yield* elementLines(
        verb,
        listSetName(kind, family, generations[family]),
        elementsOf(verb === 'add' ? added : removed, family),
      )
  }
}
