import { setImmediate as othersFirst } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { portalDay } from '../../rules/detect/portal-day.ts'
import { MERGER_AT_MS, successorOf } from '../../rules/provinces/province-names.ts'
import { findDay } from '../../rules/rehearsal/portal-period.ts'
import type { RehearsalCount, RehearsalCounts } from '../../rules/rehearsal/rehearsal-counts.ts'
import type { Clock } from '../../rules/time/clock.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor, Store, StoreTransaction } from '../store/store.ts'
import type { RehearsalCountRow } from './rehearsal-tables.ts'

const DESK: Actor = { person: 'rehearsal', role: 'system' }
/** An edge sends some in five minutes, and after a restart all that it holds. */
const MAX_MESSAGES_A_MINUTE = 60
/** Rows of one edge and day: as many as its book can have. */
const MAX_ROWS_A_DAY = 200_000
/** Rows written before others get their turn. */
const BATCH = 200

export interface RehearsalDeskParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly keepDays: number
  readonly maxRows: number
}

/** What became of one message. */
export interface RehearsalReceipt {
  readonly taken: number
  /** Of days that are over and forgotten, or have not come. */
  readonly refused: number
  /** For which there was no room. */
  readonly dropped: number
}

/** Takes in what edges counted in rehearsal, and forgets it in time. */
export interface RehearsalDesk {
  /** Sums of a day only grow: what comes twice or late changes nothing. @throws ControlError TOO_MANY; StoreError */
  take(agentId: string, message: RehearsalCounts): Promise<RehearsalReceipt>
  /**
   * Forgets days past their time and, while there are too many rows, the oldest of the edge that has the most: a flood at one edge takes nothing from the
   * others. Gives how many days of edges went. @throws StoreError
   */
  tend(): Promise<number>
}

export function createRehearsalDesk({ store, clock, log, keepDays, maxRows }: RehearsalDeskParts): RehearsalDesk {
  const heard = new Map<string, { readonly minute: number; readonly count: number }>()
  let tendedDay = 0

  /** @throws ControlError TOO_MANY */
  function noteMessage(agentId: string, nowMs: number): void {
    const minute = Math.floor(nowMs / 60_000)
    const before = heard.get(agentId)
    const count = before?.minute === minute ? before.count + 1 : 1
    if (count > MAX_MESSAGES_A_MINUTE)
      throw new ControlError('TOO_MANY', `This edge sent ${MAX_MESSAGES_A_MINUTE} messages of its rehearsal within a minute.`, {
        facts: { retryAfterS: 60 },
      })
    heard.set(agentId, { minute, count })
  }

  async function take(agentId: string, { counts, policy, judged, unlisted }: RehearsalCounts): Promise<RehearsalReceipt> {
    const nowMs = clock.nowMs()
    const today = portalDay(nowMs)
    noteMessage(agentId, nowMs)
    const isTimely = (day: number): boolean => day > today - keepDays && day <= today + 1
    const timely = counts.filter(({ day }) => isTimely(findDay(day) ?? 0))
    const byDay = Map.groupBy(timely, ({ day }) => findDay(day) ?? 0)
    let [taken, dropped] = [0, 0]
    await store.transact({ person: agentId, role: 'agent' }, async (tx) => {
      const managing = await managingOf(tx, timely)
      for (const day of new Set([...byDay.keys(), today])) {
        const own = byDay.get(day) ?? []
        const isFull = (await countRows(tx, day, agentId)) >= MAX_ROWS_A_DAY
        if (!isFull) await writeCounts(tx, agentId, day, own, managing)
        taken += isFull ? 0 : own.length
        dropped += isFull ? own.length : 0
        const edge = { told_at_ms: nowMs, policy, unlisted, dropped: isFull ? own.length : 0 }
        await writeEdge(tx, { day, agent_id: agentId, ...edge }, day === today ? judged : [])
      }
      await tx.audit({ action: 'rehearsal.take', target: agentId, details: { counts: taken, days: byDay.size } })
    })
    if (tendedDay !== today) {
      tendedDay = today
      await tend()
    }
    return { taken, refused: counts.length - timely.length, dropped }
  }

  async function tend(): Promise<number> {
    const first = portalDay(clock.nowMs()) - keepDays + 1
    const edges = await store.read((db) =>
      db.selectFrom('rehearsal_edge').select(['day', 'agent_id', 'counts']).orderBy('day', 'desc').orderBy('agent_id').execute(),
    )
    const gone = [
      ...edges.filter(({ day }) => day < first),
      ...tooMany(
        edges.filter(({ day }) => day >= first),
        maxRows,
      ),
    ]
    for (const { day, agent_id } of gone) {
      await store.transact(DESK, async (tx) => {
        const own = { day, agent_id }
        for (const table of ['rehearsal_count', 'rehearsal_edge'] as const)
          await tx.db.deleteFrom(table).where('day', '=', own.day).where('agent_id', '=', own.agent_id).execute()
        await tx.audit({ action: 'rehearsal.forget', target: agent_id, details: { day } })
      })
      await othersFirst()
    }
    if (gone.length > 0) log.info({ days: gone.length }, 'old days of the rehearsal forgotten')
    return gone.length
  }

  return { take, tend }
}

type EdgeDay = { readonly day: number; readonly agent_id: string; readonly counts: number }

/** Days of edges without which there are no more than `maxRows`. @param days the newest first */
function tooMany(days: readonly EdgeDay[], maxRows: number): EdgeDay[] {
  const held = Map.groupBy(days, ({ agent_id }) => agent_id)
  const rowsOf = new Map([...held].map(([edge, own]) => [edge, own.reduce((sum, { counts }) => sum + counts, 0)]))
  const gone: EdgeDay[] = []
  for (let rows = days.reduce((sum, { counts }) => sum + counts, 0); rows > maxRows; ) {
    const [edge] = [...rowsOf].reduce((most, other) => (other[1] > most[1] ? other : most))
    const oldest = held.get(edge)?.pop()
    if (oldest === undefined) break
    gone.push(oldest)
    rows -= oldest.counts
    rowsOf.set(edge, (rowsOf.get(edge) ?? 0) - oldest.counts)
  }
  return gone
}

async function writeCounts(
  tx: StoreTransaction,
  agentId: string,
  day: number,
  counts: readonly RehearsalCount[],
  managing: (count: RehearsalCount) => string,
): Promise<void> {
  // One message may say the same twice; one statement may not.
  const rows = [...new Map(counts.map((count) => rowOf(count, day, agentId, managing(count))).map((row) => [keyOf(row), row]))]
  for (let from = 0; from < rows.length; from += BATCH) {
    await tx.db
      .insertInto('rehearsal_count')
      .values(rows.slice(from, from + BATCH).map(([, row]) => row))
      .onConflict((conflict) =>
        conflict
          .columns(['day', 'agent_id', 'reason', 'facility', 'account', 'function', 'source', 'client'])
          .doUpdateSet((eb) => ({
            province: eb.ref('excluded.province'),
            managing: eb.ref('excluded.managing'),
            would: eb.fn<number>('max', ['rehearsal_count.would', 'excluded.would']),
            refused: eb.fn<number>('max', ['rehearsal_count.refused', 'excluded.refused']),
            first_ms: eb.fn<number>('min', ['rehearsal_count.first_ms', 'excluded.first_ms']),
            last_ms: eb.fn<number>('max', ['rehearsal_count.last_ms', 'excluded.last_ms']),
          })),
      )
      .execute()
    await othersFirst()
  }
}

async function writeEdge(
  tx: StoreTransaction,
  edge: { day: number; agent_id: string; told_at_ms: number; policy: number | null; unlisted: number; dropped: number },
  judged: readonly string[],
): Promise<void> {
  const { day, agent_id } = edge
  const counts = await countRows(tx, day, agent_id)
  const before = await tx.db
    .selectFrom('rehearsal_edge')
    .selectAll()
    .where('day', '=', day)
    .where('agent_id', '=', agent_id)
    .executeTakeFirst()
  const rules = [...new Set([...(before?.judged.split(' ') ?? []), ...judged])].filter((rule) => rule !== '').join(' ')
  const row = { ...edge, counts, judged: rules, dropped: edge.dropped + (before?.dropped ?? 0) }
  await tx.db.replaceInto('rehearsal_edge').values(row).execute()
}

async function countRows(tx: StoreTransaction, day: number, agentId: string): Promise<number> {
  const found = await tx.db
    .selectFrom('rehearsal_count')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('day', '=', day)
    .where('agent_id', '=', agentId)
    .executeTakeFirst()
  return Number(found?.count ?? 0)
}

/** Which province manages the facility of a count: by its registrations, else by what the edge said or its first two digits, as it is called today. */
async function managingOf(tx: StoreTransaction, counts: readonly RehearsalCount[]): Promise<(count: RehearsalCount) => string> {
  const codes = [...new Set(counts.flatMap(({ facility }) => (facility === null ? [] : [facility])))]
  const known = new Map<string, string>()
  for (let from = 0; from < codes.length; from += BATCH) {
    const rows = await tx.db
      .selectFrom('facility')
      .select(['code', 'province', 'province_at_ms'])
      .where('code', 'in', codes.slice(from, from + BATCH))
      .execute()
    for (const { code, province, province_at_ms } of rows)
      known.set(code, province_at_ms < MERGER_AT_MS ? (successorOf(province) ?? province) : province)
  }
  return ({ facility, province }) => {
    const told = province ?? facility?.slice(0, 2)
    return known.get(facility ?? '') ?? (told === undefined ? '' : (successorOf(told) ?? told))
  }
}

function rowOf(count: RehearsalCount, day: number, agentId: string, managing: string): RehearsalCountRow {
  const { reason, province, facility, account, function: called, source, client, would, refused, firstAt, lastAt } = count
  return {
    day,
    agent_id: agentId,
    reason,
    facility: facility ?? '',
    account: account ?? '',
    function: called,
    source,
    client,
    province: province ?? '',
    managing,
    would,
    refused,
    first_ms: firstAt * 1000,
    last_ms: lastAt * 1000,
  }
}

function keyOf({ reason, facility, account, function: called, source, client }: RehearsalCountRow): string {
  return [reason, facility, account, called, source, client].join('\n')
}
