import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { isWithin, requireWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import type { SmsDesk } from '../sms/sms-desk.ts'
import type { Actor, StoreTransaction } from '../store/store.ts'
import { endGrants } from './grant-rows.ts'
import { forgetWrong } from './guess-rows.ts'
import { type Officer, shownEnd } from './officer-fields.ts'
import type { OtpKeys } from './otp-keys.ts'
import type { OfficerRow } from './otp-tables.ts'
import { GRANTED_TEXT, TAKEN_TEXT } from './sms-words.ts'

/** A notice is of use for days, in case the gateways are away over a weekend. */
const NOTICE_MS = 72 * 3_600_000

export interface OfficerParts {
  readonly keys: OtpKeys
  readonly sms: SmsDesk
  readonly nowMs: number
  readonly randomBytes: (size: number) => Uint8Array
}

export interface EntryFacts {
  readonly dispatch: string
  readonly importId: string | null
}

/** The facility of an account; a bare citizen ID has none. */
const FACILITY = /^[0-9]{5}(?=_|$)/

/**
 * Puts an officer on the list of a province, where another person must approve. Gives the id.
 * @throws ControlError OTHER_PROVINCE; OFFICER_KNOWN where the BHXH number or the account is on a list of the actor’s already, OFFICER_NEEDS_CENTRAL where it is on one of another province
 */
export async function enterOfficer(
  tx: StoreTransaction,
  actor: Actor,
  officer: Officer,
  { dispatch, importId }: EntryFacts,
  { keys, nowMs, randomBytes }: OfficerParts,
): Promise<string> {
  const id = `officer-${Buffer.from(randomBytes(8)).toString('hex')}`
  const { province, name, bhxhCode, phone, account } = officer
  const row: OfficerRow = {
    id,
    province,
    name,
    bhxh_hash: keys.fingerprint('bhxh', bhxhCode),
    bhxh_shown: shownEnd(bhxhCode),
    phone: keys.sealer.seal(phone, 'otp.phone'),
    phone_hash: keys.fingerprint('phone', phone),
    phone_shown: shownEnd(`0${phone.slice(2)}`),
    account: keys.sealer.seal(account, 'otp.account'),
    account_hash: keys.fingerprint('account', account),
    account_shown: account.replaceAll(/[0-9]{10,}/g, shownEnd),
    dispatch,
    import_id: importId,
    state: 'waiting',
    entered_by: actor.person,
    entered_at_ms: nowMs,
    approved_by: null,
    approved_at_ms: null,
    ended_by: null,
    ended_at_ms: null,
    end_reason: null,
  }
  requireWithin(actor, province, '/body/province')
  // Otherwise a province could give itself the right for an account of another one.
  const facility = FACILITY.exec(account)?.[0]
  if (facility !== undefined) requireWithin(actor, facility, '/body/account')
  const known = await findKnown(tx, row, isOfPerson(account))
  if (known !== undefined) throw knownOfficer(actor, known)
  await tx.db.insertInto('otp_officer').values(row).execute()
  await tx.audit({ action: 'officer.enter', target: id, dispatch, details: auditDetails(row) })
  return id
}

/** The right is given: a second person says so, and the officer is told by SMS. @throws ControlError NOT_FOUND, OTHER_PROVINCE, CONFLICT, SAME_PERSON */
export async function approveOfficer(
  tx: StoreTransaction,
  actor: Actor,
  id: string,
  dispatch: string,
  parts: OfficerParts,
): Promise<void> {
  const row = await readOfficerRow(tx, actor, id)
  requireState(row, ['waiting'])
  if (row.entered_by === actor.person)
    throw new ControlError('SAME_PERSON', `${actor.person} has entered the officer ${id}; another person must approve.`, {
      vi: 'Người nhập danh sách không được tự phê duyệt.',
    })
  await tx.db
    .updateTable('otp_officer')
    .set({ state: 'approved', approved_by: actor.person, approved_at_ms: parts.nowMs })
    .where('id', '=', id)
    .execute()
  await notify(tx, row, GRANTED_TEXT, parts)
  await tx.audit({ action: 'officer.approve', target: id, dispatch, details: auditDetails(row) })
}

/** What was entered and waits is not approved. @throws ControlError NOT_FOUND, OTHER_PROVINCE, CONFLICT */
export async function refuseOfficer(
  tx: StoreTransaction,
  actor: Actor,
  id: string,
  order: { readonly dispatch: string; readonly reason: string },
  parts: OfficerParts,
): Promise<void> {
  const row = await readOfficerRow(tx, actor, id)
  requireState(row, ['waiting'])
  await endOfficer(tx, actor, row, 'refused', order, parts.nowMs)
}

/** The right is taken: it ends at once on every edge, and the officer is told by SMS. @throws ControlError NOT_FOUND, OTHER_PROVINCE, CONFLICT */
export async function revokeOfficer(
  tx: StoreTransaction,
  actor: Actor,
  id: string,
  order: { readonly dispatch: string; readonly reason: string },
  parts: OfficerParts,
): Promise<void> {
  const row = await readOfficerRow(tx, actor, id)
  requireState(row, ['approved'])
  await endOfficer(tx, actor, row, 'revoked', order, parts.nowMs)
  await endGrants(tx, actor, id, 'officer revoked', parts.nowMs)
  await notify(tx, row, TAKEN_TEXT, parts)
}

/** Ends locks before their time, after the officer was called back. @throws ControlError NOT_FOUND, OTHER_PROVINCE, CONFLICT where there were no wrong codes */
export async function unlockOfficer(tx: StoreTransaction, actor: Actor, id: string, reason: string): Promise<void> {
  const row = await readOfficerRow(tx, actor, id)
  if ((await forgetWrong(tx.db, row.bhxh_hash)) === 0)
    throw new ControlError('CONFLICT', `There are no wrong codes of the officer ${id} to forget.`)
  await tx.audit({ action: 'officer.unlock', target: id, details: { reason: hideIdentifiers(reason) } })
}

async function endOfficer(
  tx: StoreTransaction,
  actor: Actor,
  row: OfficerRow,
  state: 'refused' | 'revoked',
  { dispatch, reason }: { readonly dispatch: string; readonly reason: string },
  nowMs: number,
): Promise<void> {
  const end_reason = hideIdentifiers(reason)
  await tx.db
    .updateTable('otp_officer')
    .set({ state, ended_by: actor.person, ended_at_ms: nowMs, end_reason })
    .where('id', '=', row.id)
    .execute()
  const action = state === 'refused' ? 'officer.refuse' : 'officer.revoke'
  await tx.audit({ action, target: row.id, dispatch, details: { ...auditDetails(row), reason: end_reason } })
}

async function notify(tx: StoreTransaction, row: OfficerRow, text: string, { keys, sms, nowMs }: OfficerParts): Promise<void> {
  // Where no gateway is set up there is nobody to tell it to.
  if (!sms.isOn) return
  await sms.enqueue(tx, {
    kind: 'notice',
    phone: keys.sealer.open(row.phone, 'otp.phone'),
    text,
    notAfterMs: nowMs + NOTICE_MS,
  })
}

/** @throws ControlError NOT_FOUND, OTHER_PROVINCE */
async function readOfficerRow(tx: StoreTransaction, actor: Actor, id: string): Promise<OfficerRow> {
  const row = await tx.db.selectFrom('otp_officer').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new ControlError('NOT_FOUND', `There is no officer ${JSON.stringify(id.slice(0, 64))}.`)
  requireWithin(actor, row.province, '/params/id')
  return row
}

function requireState(row: OfficerRow, states: readonly OfficerRow['state'][]): void {
  if (states.includes(row.state)) return
  throw new ControlError('CONFLICT', `The officer ${row.id} is ${row.state}; this takes one that is ${states.join(' or ')}.`)
}

/** An account of one person, `01234_` and a citizen ID; of a facility's account there may be several officers. */
function isOfPerson(account: string): boolean {
  return /[0-9]{12}$/.test(account)
}

interface KnownOfficer {
  readonly field: 'bhxhCode' | 'account'
  readonly officer: Pick<OfficerRow, 'id' | 'province' | 'state'>
}

async function findKnown(tx: StoreTransaction, row: OfficerRow, isAccountOnce: boolean): Promise<KnownOfficer | undefined> {
  const officer = await tx.db
    .selectFrom('otp_officer')
    .select(['id', 'province', 'state', 'bhxh_hash'])
    .where('state', 'in', ['waiting', 'approved'])
    .where((eb) =>
      eb.or([eb('bhxh_hash', '=', row.bhxh_hash), ...(isAccountOnce ? [eb('account_hash', '=', row.account_hash)] : [])]),
    )
    .executeTakeFirst()
  if (officer === undefined) return undefined
  return { officer, field: officer.bhxh_hash === row.bhxh_hash ? 'bhxhCode' : 'account' }
}

/** Of another province's list a province is told neither which it is, nor whether the number or the account stands there: only that central IT decides. */
function knownOfficer(actor: Actor, { field, officer }: KnownOfficer): ControlError {
  const { id, province, state } = officer
  if (!isWithin(actor, province))
    return new ControlError(
      'OFFICER_NEEDS_CENTRAL',
      'This officer cannot be entered by a province now: ask central IT, which was told. Officers who moved are ended where they were before.',
      {
        vi: 'Tỉnh chưa thể đăng ký cán bộ này; yêu cầu đã được ghi lại. Hãy liên hệ Trung tâm CNTT (ví dụ khi cán bộ mới chuyển công tác).',
      },
    )
  const [en, vi] = field === 'account' ? ['account', 'Tài khoản'] : ['BHXH number', 'Mã số BHXH']
  return new ControlError(
    'OFFICER_KNOWN',
    `An officer with this ${en} is on a list already (${id}, ${state}); revoke that entry first.`,
    {
      vi: `${vi} này đã có trong danh sách; hãy thu hồi mục cũ trước.`,
      errors: [{ path: `/body/${field}`, message: 'is on a list already' }],
      facts: { officer: id, province, state },
    },
  )
}

function auditDetails({ province, name, bhxh_shown, phone_shown, account_shown, import_id }: OfficerRow) {
  return { province, name, bhxh: bhxh_shown, phone: phone_shown, account: account_shown, importId: import_id }
}
