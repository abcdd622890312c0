import type { Kysely } from 'kysely'
import { covers } from '../../rules/addresses/block-bits.ts'
import { GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import { type RehearsalSum, sumsBy } from '../../rules/rehearsal/rehearsal-sums.ts'
import { replacementOf } from '../../rules/rehearsal/replacement.ts'
import { createRuleTerms, type RuleTerm } from '../../rules/rehearsal/rule-term.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import type { PolicyInForce } from '../policy/policy-in-force.ts'
import { findHoldings } from '../registrations/find-holdings.ts'
import type { Tables } from '../store/tables.ts'
import type { CountRow } from './read-counts.ts'
import { findBlock } from './rehearse.ts'

/** Names told of each kind; the others are counted. */
const MOST_NAMES = 50

/** One thing that a facility must change. */
export interface FacilityChange {
  readonly reason: GateReason
  readonly term: RuleTerm
  readonly sum: RehearsalSum
  readonly functions: readonly ChangedFunction[]
  readonly accounts: readonly ChangedAccount[]
  readonly sources: readonly ChangedSource[]
  /** By User-Agent; an empty key where nothing tells it. */
  readonly clients: readonly RehearsalSum[]
}

export interface ChangedFunction extends RehearsalSum {
  /** When it stops, and what takes its place. */
  readonly stopMs: number | undefined
  readonly replacement: string | undefined
}

export interface ChangedAccount extends RehearsalSum {
  /** The last digits of the citizen ID of a user whom the facility has registered. */
  readonly user: string | undefined
}

export interface ChangedSource extends RehearsalSum {
  /** Whether the facility has registered it. */
  readonly isOwn: boolean
}

/** What a facility must change, what bites first before what bites later. */
export async function facilityChanges(
  db: Kysely<Tables>,
  facility: string,
  rows: readonly CountRow[],
  { policy }: PolicyInForce,
  nowMs: number,
): Promise<readonly FacilityChange[]> {
  const termOf = createRuleTerms(policy, nowMs)
  const isOwn = await ownSources(db, facility, rows, nowMs)
  const userOf = await knownUsers(db, rows)
  const stops = new Map(policy.retired.functions.map((one) => [one.function, findInstantMs(one.from)]))
  const changes = sumsBy(rows, ({ reason }) => reason).map((sum): FacilityChange => {
    const own = rows.filter(({ reason }) => reason === sum.key)
    const names = (keyOf: (row: CountRow) => string) => sumsBy(own, keyOf).slice(0, MOST_NAMES)
    const terms = own.map((row) => termOf(row)).toSorted((a, b) => whenOf(a) - whenOf(b))
    const isRetired = GATE_REASONS[sum.key as GateReason].rule === 'retired'
    return {
      reason: sum.key as GateReason,
      term: terms[0] ?? { mode: 'off', enforceMs: undefined, exemption: undefined },
      sum,
      functions: names(({ function: called }) => called).map((one) => ({
        ...one,
        stopMs: isRetired ? stops.get(one.key) : undefined,
        replacement: isRetired ? replacementOf(one.key) : undefined,
      })),
      accounts: names(({ account }) => account ?? '').map((one) => ({ ...one, user: userOf.get(one.key) })),
      sources: names(({ source }) => source ?? '').map((one) => ({ ...one, isOwn: isOwn(one.key) })),
      clients: names(({ client }) => client),
    }
  })
  return changes.toSorted((a, b) => whenOf(a.term) - whenOf(b.term))
}

/** What is refused already comes first, what is spared later, what has no date last. */
function whenOf({ mode, enforceMs, exemption }: RuleTerm): number {
  if (exemption !== undefined) return findInstantMs(exemption.until) ?? Number.MAX_SAFE_INTEGER
  return mode === 'enforce' ? 0 : (enforceMs ?? Number.MAX_SAFE_INTEGER)
}

async function ownSources(
  db: Kysely<Tables>,
  facility: string,
  rows: readonly CountRow[],
  nowMs: number,
): Promise<(source: string) => boolean> {
  const blocks = [...new Set(rows.map(({ source }) => source ?? ''))].flatMap((source) => findBlock(source) ?? [])
  const own = (await findHoldings(db, blocks, nowMs)).filter((held) => held.facility === facility && held.state === 'approved')
  const registered = new Set(blocks.filter((block) => own.some((held) => covers(held.block, block))).map(String))
  return (source) => registered.has(source)
}

async function knownUsers(db: Kysely<Tables>, rows: readonly CountRow[]): Promise<ReadonlyMap<string, string>> {
  const tokens = [...new Set(rows.map(({ account }) => account ?? ''))].filter((account) => /^[a-p]{16}$/.test(account))
  const found = new Map<string, string>()
  for (let from = 0; from < tokens.length; from += 500) {
    const users = await db
      .selectFrom('portal_user_token')
      .innerJoin('portal_user', 'portal_user.id', 'portal_user_token.user_id')
      .select(['token', 'shown'])
      .where('token', 'in', tokens.slice(from, from + 500))
      .execute()
    for (const { token, shown } of users) found.set(token, shown)
  }
  return found
}
