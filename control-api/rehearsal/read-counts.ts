import { setImmediate as othersFirst } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { DayPeriod } from '../../rules/rehearsal/portal-period.ts'
import type { DayCount, RehearsedRow } from '../../rules/rehearsal/rehearsed-row.ts'
import type { Tables } from '../store/tables.ts'
import type { RehearsalCountRow } from './rehearsal-tables.ts'

/** Which counts are meant. */
export interface CountFilter {
  readonly period: DayPeriod
  /** Managed by this province, under its number of today. */
  readonly managing?: string | undefined
  readonly facility?: string | undefined
}

/** What rows are told apart by; what is left out is added up. */
const COLUMNS = {
  /** Every row as edges tell it. */
  rows: ['reason', 'facility', 'account', 'function', 'source', 'client', 'managing'],
  /** Without account and address: for a whole country. */
  sums: ['reason', 'facility', 'function', 'client', 'managing'],
  /** As a policy judges: exemptions name accounts, and provinces as edges know them. */
  judged: ['reason', 'facility', 'account', 'function', 'province', 'managing'],
} as const satisfies Record<string, readonly (keyof RehearsalCountRow)[]>
export type CountDetail = keyof typeof COLUMNS

/** Rows that are told apart at most; what comes after them still counts by day. */
const MAX_ROWS = 200_000
/** Rows added up before others get their turn. */
const BREATH_ROWS = 5000

export interface CountRow extends RehearsedRow {
  /** The managing province, under its number of today. */
  readonly managing: string | null
  /** Gates tell it of every request: empty where the client named none. */
  readonly client: string
}

export interface FoundCounts {
  readonly rows: readonly CountRow[]
  /** Days on which anything was counted, in order. */
  readonly days: readonly DayCount[]
  /** There were more rows than are told apart. */
  readonly isCut: boolean
}

/** What edges counted, over all edges and the days of a period. Day by day, so that nobody waits for the whole. */
export async function readCounts(db: Kysely<Tables>, filter: CountFilter, detail: CountDetail): Promise<FoundCounts> {
  const columns = COLUMNS[detail]
  const found = new Map<string, Adding>()
  const days: DayCount[] = []
  let isCut = false
  for (const day of await daysOf(db, filter.period)) {
    let query = db
      .selectFrom('rehearsal_count')
      .select([...columns])
      .select(({ fn }) => [
        fn.sum<number>('would').as('would'),
        fn.sum<number>('refused').as('refused'),
        fn.min('first_ms').as('first_ms'),
        fn.max('last_ms').as('last_ms'),
      ])
      .where('day', '=', day)
    if (filter.managing !== undefined) query = query.where('managing', '=', filter.managing)
    if (filter.facility !== undefined) query = query.where('facility', '=', filter.facility)
    const sum = { day, would: 0, refused: 0 }
    for (const [at, row] of (await query.groupBy([...columns]).execute()).entries()) {
      if (at % BREATH_ROWS === BREATH_ROWS - 1) await othersFirst()
      sum.would += row.would
      sum.refused += row.refused
      const key = columns.map((column) => (row as Partial<RehearsalCountRow>)[column]).join('\n')
      const before = found.get(key)
      if (before === undefined && found.size >= MAX_ROWS) isCut = true
      else found.set(key, added(before, row))
    }
    if (sum.would + sum.refused > 0) days.push(sum)
    await othersFirst()
  }
  return { rows: [...found.values()], days, isCut }
}

/** Days of which any edge has told anything. */
async function daysOf(db: Kysely<Tables>, { fromDay, toDay }: DayPeriod): Promise<readonly number[]> {
  const found = await db
    .selectFrom('rehearsal_edge')
    .select('day')
    .distinct()
    .where('day', '>=', fromDay)
    .where('day', '<=', toDay)
    .orderBy('day')
    .execute()
  return found.map(({ day }) => day)
}

type Adding = { -readonly [Field in keyof CountRow]: CountRow[Field] }
type Read = Partial<RehearsalCountRow> & Pick<RehearsalCountRow, 'reason' | 'would' | 'refused' | 'first_ms' | 'last_ms'>

function added(before: Adding | undefined, row: Read): Adding {
  if (before === undefined)
    return {
      reason: row.reason,
      province: orNull(row.province ?? row.managing),
      managing: orNull(row.managing),
      facility: orNull(row.facility),
      account: orNull(row.account),
      function: row.function ?? '',
      source: orNull(row.source),
      client: row.client ?? '',
      would: row.would,
      refused: row.refused,
      firstMs: row.first_ms,
      lastMs: row.last_ms,
    }
  before.would += row.would
  before.refused += row.refused
  before.firstMs = Math.min(before.firstMs, row.first_ms)
  before.lastMs = Math.max(before.lastMs, row.last_ms)
  return before
}

function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
