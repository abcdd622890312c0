import type { ExpressionBuilder, Kysely } from 'kysely'
import { type Static, Type } from 'typebox'
import type { Tables } from '../store/tables.ts'
import type { OfficerRow } from './otp-tables.ts'

const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const DAY_MS = 86_400_000
const instant = Type.String({ format: 'date-time' })

/** An officer as he is shown: of numbers only the end. */
export const OfficerView = Type.Object({
  id: Type.String(),
  province: Type.String(),
  name: Type.String(),
  bhxhCode: Type.String({ description: 'its last three digits' }),
  phone: Type.String({ description: 'its last three digits' }),
  account: Type.String({ description: 'masked' }),
  state: Type.Union([Type.Literal('waiting'), Type.Literal('approved'), Type.Literal('refused'), Type.Literal('revoked')]),
  dispatch: Type.String(),
  importId: orNull(Type.String()),
  enteredBy: Type.String(),
  enteredAt: instant,
  approvedBy: orNull(Type.String()),
  approvedAt: orNull(instant),
  endedBy: orNull(Type.String()),
  endedAt: orNull(instant),
  reason: orNull(Type.String()),
  wrongDay: Type.Integer({ description: 'wrong codes for this number within 24 hours' }),
  attackers: Type.Integer({ description: 'addresses that they came from and that this officer never used' }),
})
export type OfficerView = Static<typeof OfficerView>

export interface OfficerQuery {
  readonly province?: string | undefined
  /** Codes of the province that the asker is for; all if left out. */
  readonly within?: readonly string[] | undefined
  readonly state?: OfficerRow['state'] | undefined
  readonly importId?: string | undefined
  /** Id of the last one of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

/** Officers in the order of their ids. */
export async function listOfficers(db: Kysely<Tables>, query: OfficerQuery, nowMs: number): Promise<OfficerView[]> {
  let rows = db
    .selectFrom('otp_officer')
    .selectAll('otp_officer')
    .select((eb) => [
      wrongOf(eb, nowMs)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('wrong'),
      wrongOf(eb, nowMs)
        .where('otp_wrong.is_known', '=', 0)
        .select(({ fn }) => fn.count<number>('otp_wrong.source_hash').distinct().as('count'))
        .as('attackers'),
    ])
    .orderBy('otp_officer.id')
    .limit(query.limit)
  if (query.province !== undefined) rows = rows.where('province', '=', query.province)
  if (query.within !== undefined) rows = rows.where('province', 'in', query.within)
  if (query.state !== undefined) rows = rows.where('state', '=', query.state)
  if (query.importId !== undefined) rows = rows.where('import_id', '=', query.importId)
  if (query.after !== undefined) rows = rows.where('otp_officer.id', '>', query.after)
  return (await rows.execute()).map((row) => ({
    id: row.id,
    province: row.province,
    name: row.name,
    bhxhCode: row.bhxh_shown,
    phone: row.phone_shown,
    account: row.account_shown,
    state: row.state,
    dispatch: row.dispatch,
    importId: row.import_id,
    enteredBy: row.entered_by,
    enteredAt: new Date(row.entered_at_ms).toISOString(),
    approvedBy: row.approved_by,
    approvedAt: instantOf(row.approved_at_ms),
    endedBy: row.ended_by,
    endedAt: instantOf(row.ended_at_ms),
    reason: row.end_reason,
    wrongDay: Number(row.wrong ?? 0),
    attackers: Number(row.attackers ?? 0),
  }))
}

function wrongOf(eb: ExpressionBuilder<Tables, 'otp_officer'>, nowMs: number) {
  return eb
    .selectFrom('otp_wrong')
    .whereRef('otp_wrong.bhxh_hash', '=', 'otp_officer.bhxh_hash')
    .where('otp_wrong.at_ms', '>', nowMs - DAY_MS)
}

function instantOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
