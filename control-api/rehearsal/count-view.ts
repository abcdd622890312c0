import type { Kysely } from 'kysely'
import { type Static, Type } from 'typebox'
import { GATE_REASONS } from '../../rules/gate/gate-reason.ts'
import { dayText } from '../../rules/rehearsal/portal-period.ts'
import { type RehearsalSum, sumsBy } from '../../rules/rehearsal/rehearsal-sums.ts'
import { busiestFirst } from '../../rules/rehearsal/rehearsed-row.ts'
import type { PolicyInForce } from '../policy/policy-in-force.ts'
import type { Tables } from '../store/tables.ts'
import type { CountFilter, CountRow, FoundCounts } from './read-counts.ts'

const MOST_SUMS = 1000
const instant = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()])
const day = Type.String({ description: '`2026-11-22`, in Asia/Ho_Chi_Minh' })
const counts = {
  would: Type.Integer({ description: 'requests that were let through and would be refused' }),
  refused: Type.Integer({ description: 'requests that were refused' }),
  firstAt: instant,
  lastAt: instant,
}
const Sum = Type.Object({ key: Type.String(), facilities: Type.Integer(), ...counts })

/** One edge, and how far its counts can be relied on. */
export const CountingEdge = Type.Object({
  name: Type.String(),
  toldAt: instant,
  days: Type.Integer({ description: 'days of the period of which it told anything' }),
  policy: orNull(Type.Integer({ description: 'version of the signed policy that it goes by' })),
  judged: Type.Array(Type.String(), { description: 'rules that it counted' }),
  unlisted: Type.Integer({ description: 'requests for which its book had no room' }),
  dropped: Type.Integer({ description: 'counts for which there was no room here' }),
})
export type CountingEdge = Static<typeof CountingEdge>

/** What rules of the account policy refuse, or would refuse. */
export const PolicyRehearsalView = Type.Object(
  {
    from: day,
    to: day,
    policy: Type.Object({
      version: orNull(Type.Integer({ description: '`null`: the shipped default' })),
      publishedAt: orNull(instant),
      contact: Type.Object({ vi: Type.String(), en: Type.String() }),
    }),
    edges: Type.Array(CountingEdge),
    reasons: Type.Array(Sum),
    provinces: Type.Array(Sum, { description: 'by the province that manages the facility, under its number of today' }),
    facilities: Type.Array(Sum, { description: `the busiest ${MOST_SUMS}` }),
    functions: Type.Array(Sum),
    clients: Type.Array(Sum, { description: `the busiest ${MOST_SUMS}` }),
    days: Type.Array(Type.Object({ day, would: Type.Integer(), refused: Type.Integer() })),
    isCut: Type.Boolean({ description: 'there were more rows than are told apart' }),
  },
  { title: 'PolicyRehearsal' },
)
export type PolicyRehearsalView = Static<typeof PolicyRehearsalView>

/** One row of it. */
export const CountRowView = Type.Object({
  rule: Type.String(),
  reason: Type.String(),
  province: orNull(Type.String()),
  facility: orNull(Type.String()),
  account: orNull(Type.String({ description: 'one that names no person as it is, any other by a token' })),
  function: Type.String(),
  source: orNull(Type.String()),
  client: Type.String({ description: 'client software by its User-Agent' }),
  ...counts,
})
export type CountRowView = Static<typeof CountRowView>

export function policyRehearsalView(
  { period }: CountFilter,
  { rows, days, isCut }: FoundCounts,
  edges: readonly CountingEdge[],
  { policy, version, publishedAt }: PolicyInForce,
): PolicyRehearsalView {
  const sums = (keyOf: (row: CountRow) => string): PolicyRehearsalView['reasons'] =>
    sumsBy(rows, keyOf).slice(0, MOST_SUMS).map(sumView)
  return {
    from: dayText(period.fromDay),
    to: dayText(period.toDay),
    policy: { version, publishedAt, contact: policy.contact },
    edges: [...edges],
    reasons: sums(({ reason }) => reason),
    provinces: sums(({ managing }) => managing ?? ''),
    facilities: sums(({ facility }) => facility ?? ''),
    functions: sums(({ function: called }) => called),
    clients: sums(({ client }) => client),
    days: days.map(({ day: at, would, refused }) => ({ day: dayText(at), would, refused })),
    isCut,
  }
}

/** The busiest first. */
export function rowViews(rows: readonly CountRow[], limit: number): CountRowView[] {
  return busiestFirst(rows)
    .slice(0, limit)
    .map(({ firstMs, lastMs, managing, ...row }) => ({
      rule: GATE_REASONS[row.reason].rule,
      ...row,
      province: managing,
      firstAt: new Date(firstMs).toISOString(),
      lastAt: new Date(lastMs).toISOString(),
    }))
}

/** Edges that told anything of the period. */
export async function countingEdges(db: Kysely<Tables>, { period }: CountFilter): Promise<readonly CountingEdge[]> {
  const rows = await db
    .selectFrom('rehearsal_edge')
    .leftJoin('agent', 'agent.id', 'rehearsal_edge.agent_id')
    .select(['agent_id', 'name', 'told_at_ms', 'policy', 'judged', 'unlisted', 'dropped'])
    .where('day', '>=', period.fromDay)
    .where('day', '<=', period.toDay)
    .orderBy('day')
    .execute()
  const edges = new Map<string, CountingEdge>()
  for (const { agent_id, name, told_at_ms, policy, judged, unlisted, dropped } of rows) {
    const before = edges.get(agent_id)
    edges.set(agent_id, {
      name: name ?? agent_id,
      toldAt: new Date(told_at_ms).toISOString(),
      days: (before?.days ?? 0) + 1,
      policy,
      judged: [...new Set([...(before?.judged ?? []), ...judged.split(' ')])].filter((rule) => rule !== ''),
      unlisted,
      dropped: dropped + (before?.dropped ?? 0),
    })
  }
  return [...edges.values()]
}

function sumView({ key, facilities, would, refused, firstMs, lastMs }: RehearsalSum): PolicyRehearsalView['reasons'][number] {
  return {
    key,
    facilities,
    would,
    refused,
    firstAt: new Date(firstMs).toISOString(),
    lastAt: new Date(lastMs).toISOString(),
  }
}
