import { countOfElements, timeoutsOf } from '../../rules/firewall/ipset-elements.ts'
import {
  FAMILIES,
  type Family,
  type Generations,
  type ListKind,
  listSetName,
  markName,
  TIMED_KINDS,
  type TimedKind,
} from '../../rules/firewall/ipset-layout.ts'
import type { BuiltinChain } from '../../rules/firewall/iptables-rules.ts'
import { IPTABLES_CHAINS } from '../../rules/firewall/iptables-rules.ts'
import type { FilterProgram, TimedBlock } from '../../rules/firewall/program.ts'
import type { FoundDrift } from './found-drift.ts'
import { type IpsetState, listNames } from './ipset-state.ts'

/** The program that this process put in force, with what shows whether somebody else has been there since. */
export interface Left {
  readonly program: FilterProgram
  /** What the lists were created for: deltas must fit. */
  readonly base: FilterProgram
  readonly generations: Generations
  /** Our rules as the kernel printed them. */
  readonly rules: Readonly<Record<Family, readonly string[]>>
  /** Heads of the sets whose elements have no time: those with one are exchanged by ourselves. */
  readonly headers: ReadonlyMap<string, string>
  readonly timed: Readonly<Record<TimedKind, TimedLeft>>
}

/** Elements that leave by themselves. */
interface TimedLeft {
  /** On the same clock that looks are compared by. */
  readonly sinceMs: number
  readonly timeoutsS: Readonly<Record<Family, readonly number[]>>
}

/** A timed element may be gone so much before its second is full. */
const EARLY_MS = 1000

/** What `program` leaves; `found` was read after it. */
export function leave(program: FilterProgram, generations: Generations, { families, sets }: IpsetState, sinceMs: number): Left {
  const isTimed = (name: string) =>
    TIMED_KINDS.some((kind) => FAMILIES.some((family) => name === listSetName(kind, family, generations[family])))
  const lasting = listNames(generations).filter((name) => !isTimed(name))
  return {
    program,
    base: program,
    generations,
    rules: { 4: families[4].rules, 6: families[6].rules },
    headers: new Map(lasting.map((name) => [name, sets.get(name)?.header ?? ''])),
    timed: { block: timedLeft(program.blocked, sinceMs), open: timedLeft(program.opened ?? [], sinceMs) },
  }
}

/** What `program` leaves after a delta; rules and sets are those of before. */
export function leaveNext(left: Left, program: FilterProgram, sinceMs: number): Left {
  const { blocked, opened = [] } = program
  return { ...left, program, timed: { block: timedLeft(blocked, sinceMs), open: timedLeft(opened, sinceMs) } }
}

function timedLeft(timed: readonly TimedBlock[], sinceMs: number): TimedLeft {
  return { sinceMs, timeoutsS: { 4: timeoutsOf(timed, 4), 6: timeoutsOf(timed, 6) } }
}

/** The gravest thing in which the host differs from what was left; `undefined` where it does not. Elements are counted, not read. */
export function findDifference(left: Left, state: IpsetState, nowMs: number): FoundDrift | undefined {
  return (
    chainsDiffer(left, state) ??
    setsDiffer(left, state) ??
    jumpsDiffer(left, state) ??
    rulesDiffer(left, state) ??
    markDiffers(left, state) ??
    countsDiffer(left, state, nowMs)
  )
}

function chainsDiffer(_left: Left, { families }: IpsetState): FoundDrift | undefined {
  for (const family of FAMILIES)
    if (families[family].chains.length === 0) return { kind: 'table-removed', what: `all our chains of IPv${family} are gone` }
  for (const family of FAMILIES)
    for (const chain of IPTABLES_CHAINS)
      if (!families[family].chains.includes(chain)) return { kind: 'chain-removed', what: `${chain} of IPv${family} is gone` }
  return undefined
}

function setsDiffer({ generations, headers }: Left, { sets }: IpsetState): FoundDrift | undefined {
  const missing = listNames(generations).find((name) => !sets.has(name))
  if (missing !== undefined) return { kind: 'set-removed', what: `set ${missing} is gone` }
  const other = [...headers].find(([name, header]) => sets.get(name)?.header !== header)
  return other && { kind: 'set-replaced', what: `set ${other[0]} is another one of the same name` }
}

function jumpsDiffer({ program }: Left, { families }: IpsetState): FoundDrift | undefined {
  const hooks = program.hooks.map((hook) => hook.toUpperCase() as BuiltinChain)
  for (const family of FAMILIES)
    for (const chain of hooks) {
      const { count, isFirst } = families[family].jumps[chain]
      if (count === 0) return { kind: 'jump-removed', what: `${chain} of IPv${family} does not jump to our rules` }
      if (!isFirst) return { kind: 'jump-passed', what: `a rule stands before our jump in ${chain} of IPv${family}` }
      if (count > 1) return { kind: 'rules-added', what: `${chain} of IPv${family} jumps to our rules ${count} times` }
    }
  return undefined
}

function rulesDiffer({ rules }: Left, { families }: IpsetState): FoundDrift | undefined {
  for (const family of FAMILIES) {
    const [was, is] = [rules[family], families[family].rules]
    if (was.join('\n') === is.join('\n')) continue
    const gone = was.find((rule) => !is.includes(rule))
    const come = is.find((rule) => !was.includes(rule))
    const chainOf = (rule: string) => `${rule.split(' ', 2)[1]} of IPv${family}`
    if (gone !== undefined && come !== undefined) return { kind: 'rules-changed', what: `a rule of ${chainOf(gone)} is another` }
    if (gone !== undefined) return { kind: 'rules-removed', what: `a rule of ${chainOf(gone)} is gone` }
    const kind = is.length > was.length ? 'rules-added' : 'rules-changed'
    return { kind, what: come === undefined ? `rules of IPv${family} stand otherwise` : `a rule was put into ${chainOf(come)}` }
  }
  return undefined
}

function markDiffers({ program, generations }: Left, { sets }: IpsetState): FoundDrift | undefined {
  const mark = markName(program, generations)
  return sets.get(mark)?.count === 1
    ? undefined
    : { kind: 'other', what: `set ${mark}, which says what is in force, is gone or empty` }
}

function countsDiffer(left: Left, { sets }: IpsetState, nowMs: number): FoundDrift | undefined {
  for (const family of FAMILIES)
    for (const [kind, least, most] of expectedCounts(left, family, nowMs)) {
      const name = listSetName(kind, family, left.generations[family])
      const count = sets.get(name)?.count ?? 0
      const expected = least === most ? `${most}` : `${least} to ${most}`
      const what = `set ${name} has ${count} elements, not ${expected}`
      if (count < least) return { kind: 'elements-removed', what }
      if (count > most) return { kind: 'elements-added', what }
    }
  return undefined
}

function expectedCounts(
  { program, timed }: Left,
  family: Family,
  nowMs: number,
): readonly (readonly [kind: ListKind, least: number, most: number])[] {
  const approved = countOfElements(program.approved, family)
  const management = countOfElements(program.management, family)
  return [
    ['approved', approved, approved],
    ['mgmt', management, management],
    ...TIMED_KINDS.map((kind) => {
      const { sinceMs, timeoutsS } = timed[kind]
      const lasting = timeoutsS[family].filter((timeoutS) => sinceMs + timeoutS * 1000 > nowMs + EARLY_MS)
      return [kind, lasting.length, timeoutsS[family].length] as const
    }),
  ]
}
