import type { Kysely } from 'kysely'
import { provinceName } from '../../rules/provinces/province-names.ts'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { requireWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import type { Change } from '../registrations/registration.ts'
import type { Tables } from '../store/tables.ts'
import { shownEnd } from './user-fields.ts'
import type { UserKeys } from './user-keys.ts'
import type { ApproverRow } from './user-tables.ts'

/** Somebody at a province who is to approve its users. Form 02/dk-ctn. */
export interface ApproverEntry {
  readonly province: string
  /** Person of the control API. */
  readonly person: string
  readonly name: string
  readonly citizenId: string
}

export function findApprover(db: Kysely<Tables>, province: string, person: string): Promise<ApproverRow | undefined> {
  return db
    .selectFrom('user_approver')
    .selectAll()
    .where('province', '=', province)
    .where('person', '=', person)
    .where('state', 'in', ['waiting', 'granted'])
    .executeTakeFirst()
}

/** The right that the assessment centre has granted. @throws ControlError NOT_APPROVER */
export async function requireApprover(db: Kysely<Tables>, person: string, province: string): Promise<ApproverRow> {
  const row = await findApprover(db, province, person)
  if (row?.state === 'granted') return row
  throw new ControlError(
    'NOT_APPROVER',
    `The assessment centre has not granted ${person} the right to approve users of ${province}.`,
    {
      vi: `Trung tâm Giám định chưa cấp quyền phê duyệt người dùng của tỉnh ${province} cho người này (mẫu 02/dk-ctn).`,
      facts: { province },
    },
  )
}

/** Enters an approver; the assessment centre grants the right. @throws ControlError OTHER_PROVINCE, APPROVER_LISTED, PROVINCE_UNKNOWN */
export async function enterApprover(
  change: Change,
  entry: ApproverEntry,
  keys: UserKeys,
  { dispatch, importId, auditSeq }: { dispatch: string; importId: string | null; auditSeq?: number },
): Promise<number> {
  const { db, actor, atMs } = change
  requireWithin(actor, entry.province, '/body/province')
  if (provinceName(entry.province, atMs) === undefined)
    throw new ControlError('PROVINCE_UNKNOWN', `No province has the code ${JSON.stringify(entry.province)} today.`, {
      vi: 'Tỉnh quản lý: hiện không có tỉnh nào mang mã này.',
      errors: [{ path: '/body/province', message: 'must be the code of a province of today' }],
    })
  const before = await findApprover(db, entry.province, entry.person)
  if (before !== undefined)
    throw new ControlError(
      'APPROVER_LISTED',
      `${entry.person} is entered for ${entry.province} already: approver ${before.id} is ${before.state}.`,
      {
        vi: 'Người phê duyệt này đã được đăng ký cho tỉnh.',
        errors: [{ path: '/body/person', message: 'is entered for this province already' }],
        facts: { approver: before.id, state: before.state },
      },
    )
  const { id } = await db
    .insertInto('user_approver')
    .values({
      version: 1,
      province: entry.province,
      person: entry.person,
      name: entry.name,
      shown: shownEnd(entry.citizenId),
      person_token: keys.personToken(entry.citizenId),
      state: 'waiting',
      import_id: importId,
      dispatch,
      entered_by: actor.person,
      entered_at_ms: atMs,
      granted_by: null,
      granted_at_ms: null,
      granted_dispatch: null,
      ended_by: null,
      ended_at_ms: null,
      end_reason: null,
    } as ApproverRow)
    .returning('id')
    .executeTakeFirstOrThrow()
  const { province, person } = entry
  if (auditSeq === undefined)
    await change.audit({ action: 'approver.enter', target: `approver/${id}`, dispatch, details: { province, person } })
  return id
}

const STEPS = {
  grant: { from: ['waiting'], to: 'granted' },
  refuse: { from: ['waiting'], to: 'refused' },
  revoke: { from: ['granted'], to: 'revoked' },
} as const satisfies Readonly<Record<string, { from: readonly ApproverRow['state'][]; to: ApproverRow['state'] }>>
export type ApproverStep = keyof typeof STEPS

/** Grants, refuses or revokes the right to approve. @throws ControlError NOT_FOUND, OTHER_PROVINCE, WRONG_STATE, SAME_PERSON */
export async function stepApprover(
  change: Change,
  id: number,
  step: ApproverStep,
  { dispatch, reason }: { readonly dispatch: string; readonly reason: string | null },
): Promise<ApproverRow> {
  const { db, actor, atMs } = change
  const row = await db.selectFrom('user_approver').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new ControlError('NOT_FOUND', `There is no approver ${id}.`)
  requireWithin(actor, row.province, '/params/id')
  const { from, to } = STEPS[step]
  if (!from.some((state) => state === row.state))
    throw new ControlError(
      'WRONG_STATE',
      `Cannot ${step} approver ${id}: it is ${row.state}, and must be ${from.join(' or ')}.`,
      {
        facts: { state: row.state, allowed: from },
      },
    )
  if (step === 'grant' && (actor.person === row.person || actor.person === row.entered_by))
    throw new ControlError(
      'SAME_PERSON',
      `Approver ${id} was entered by ${actor.person} or is the same person: another one must grant it.`,
      {
        vi: 'Người nhập hoặc chính người ấy không được tự cấp quyền.',
      },
    )
  const why = reason === null ? null : hideIdentifiers(reason)
  const patch: Partial<ApproverRow> =
    step === 'grant'
      ? { granted_by: actor.person, granted_at_ms: atMs, granted_dispatch: dispatch }
      : { ended_by: actor.person, ended_at_ms: atMs, end_reason: why }
  const after = { ...row, ...patch, state: to, version: row.version + 1 }
  await db.updateTable('user_approver').set(after).where('id', '=', id).execute()
  const { province, person } = row
  await change.audit({
    action: `approver.${step}`,
    target: `approver/${id}`,
    dispatch,
    details: { province, person, ...(why === null ? {} : { reason: why }) },
  })
  return after
}
