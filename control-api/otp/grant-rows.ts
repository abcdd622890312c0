import type { Kysely } from 'kysely'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { requireWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor, StoreTransaction } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { OtpGrantRow } from './otp-tables.ts'

/** A grant with whom it is for. */
export interface GrantRow extends OtpGrantRow {
  /** Sealed for `otp.account`. */
  account: string
  account_shown: string
  province: string
  name: string
}

/** Grants that were not taken back and whose hard end has not come, oldest first. */
export function heldGrants(db: Kysely<Tables>, nowMs: number): Promise<GrantRow[]> {
  return db
    .selectFrom('otp_grant')
    .innerJoin('otp_officer', 'otp_officer.id', 'otp_grant.officer_id')
    .selectAll('otp_grant')
    .select(['otp_officer.account', 'otp_officer.account_shown', 'otp_officer.province', 'otp_officer.name'])
    .where('otp_grant.ended_at_ms', 'is', null)
    .where('otp_grant.ends_at_ms', '>', nowMs)
    .orderBy('otp_grant.granted_at_ms')
    .orderBy('otp_grant.id')
    .execute()
}

export interface GrantFacts {
  readonly officerId: string
  readonly nowMs: number
  readonly hours: number
  readonly randomBytes: (size: number) => Uint8Array
}

/** A verified code gives a grant, in the place of the one before. */
export async function giveGrant(tx: StoreTransaction, actor: Actor, facts: GrantFacts): Promise<OtpGrantRow> {
  const { officerId, nowMs } = facts
  await endGrants(tx, actor, officerId, 'replaced', nowMs)
  const row: OtpGrantRow = {
    id: `grant-${Buffer.from(facts.randomBytes(8)).toString('hex')}`,
    officer_id: officerId,
    granted_at_ms: nowMs,
    used_at_ms: nowMs,
    ends_at_ms: nowMs + facts.hours * 3_600_000,
    ended_at_ms: null,
    ended_by: null,
    end_reason: null,
  }
  await tx.db.insertInto('otp_grant').values(row).execute()
  await tx.audit({ action: 'grant.give', target: row.id, details: { officer: officerId, endsAtMs: row.ends_at_ms } })
  return row
}

/** Ends what an officer holds, where there is something. */
export async function endGrants(
  tx: StoreTransaction,
  actor: Actor,
  officerId: string,
  reason: string,
  nowMs: number,
): Promise<void> {
  const rows = await tx.db
    .selectFrom('otp_grant')
    .selectAll()
    .where('officer_id', '=', officerId)
    .where('ended_at_ms', 'is', null)
    .execute()
  for (const row of rows) await endRow(tx, actor, row, reason, nowMs)
}

/** Takes one grant back. @throws ControlError NOT_FOUND, OTHER_PROVINCE, CONFLICT where it has ended */
export async function revokeGrant(tx: StoreTransaction, actor: Actor, id: string, reason: string, nowMs: number): Promise<void> {
  const found = await tx.db
    .selectFrom('otp_grant')
    .innerJoin('otp_officer', 'otp_officer.id', 'otp_grant.officer_id')
    .selectAll('otp_grant')
    .select('otp_officer.province')
    .where('otp_grant.id', '=', id)
    .executeTakeFirst()
  if (found === undefined) throw new ControlError('NOT_FOUND', `There is no grant ${JSON.stringify(id.slice(0, 64))}.`)
  const { province, ...row } = found
  requireWithin(actor, province, '/params/id')
  if (row.ended_at_ms !== null || row.ends_at_ms <= nowMs)
    throw new ControlError('CONFLICT', `The grant ${row.id} has ended already.`)
  await endRow(tx, actor, row, hideIdentifiers(reason), nowMs)
}

async function endRow(tx: StoreTransaction, actor: Actor, row: OtpGrantRow, reason: string, nowMs: number): Promise<void> {
  await tx.db
    .updateTable('otp_grant')
    .set({ ended_at_ms: nowMs, ended_by: actor.person, end_reason: reason })
    .where('id', '=', row.id)
    .execute()
  await tx.audit({ action: 'grant.end', target: row.id, details: { officer: row.officer_id, reason } })
}
