import { provinceName } from '../../rules/provinces/province-names.ts'
import { rightsOf, type UserRight } from '../../rules/users/user-right.ts'
import { requireWithin } from '../access/within-province.ts'
import { ControlError, type FieldFault } from '../http/control-error.ts'
import type { Change } from '../registrations/registration.ts'
import { askChange, closeUser, insertUsers, readUser, requireSameVersion } from './change-users.ts'
import { findListed } from './list-persons.ts'
import { type UserEntry, wantedOf } from './user-entry.ts'
import { findCitizenId, findName } from './user-fields.ts'
import type { UserKeys } from './user-keys.ts'

/** What a person says of another, as it was typed. */
export interface PersonText {
  readonly name: string
  readonly citizenId: string
}

/** Name and citizen ID, checked. Nothing of them is quoted in a refusal. @throws ControlError BAD_FIELDS */
export function readPerson(text: PersonText): PersonText {
  const name = findName(text.name)
  const citizenId = findCitizenId(text.citizenId)
  if (name !== undefined && citizenId !== undefined) return { name, citizenId }
  const errors: FieldFault[] = []
  const [vi, en]: [string[], string[]] = [[], []]
  if (name === undefined) {
    const words = 'Họ và tên phải gồm 2–100 chữ cái.'
    errors.push({ path: '/body/name', message: 'must be 2 to 100 letters', vi: words })
    vi.push(words)
    en.push('The name must be 2 to 100 letters.')
  }
  if (citizenId === undefined) {
    const words = 'Số CCCD phải gồm 12 chữ số.'
    errors.push({ path: '/body/citizenId', message: 'must be twelve digits', vi: words })
    vi.push(words)
    en.push('The citizen ID must be twelve digits.')
  }
  throw new ControlError('BAD_FIELDS', en.join(' '), { vi: vi.join(' '), errors })
}

/** Puts one person on the list of his facility, waiting. @throws ControlError OTHER_PROVINCE, USER_LISTED, PERIOD_REFUSED, PROVINCE_UNKNOWN */
export async function enterUser(change: Change, entry: UserEntry, keys: UserKeys, dispatch: string): Promise<number> {
  requireWithin(change.actor, entry.facility, '/body/facility')
  requireWithin(change.actor, entry.province, '/body/province')
  requirePeriod(entry, change.atMs)
  if (provinceName(entry.province, change.atMs) === undefined)
    throw new ControlError('PROVINCE_UNKNOWN', `No province has the code ${JSON.stringify(entry.province)} today.`, {
      vi: 'Tỉnh quản lý: hiện không có tỉnh nào mang mã này.',
      errors: [{ path: '/body/province', message: 'must be the code of a province of today' }],
    })
  const listed = await findListed(change.db, entry.facility, keys.personToken(entry.citizenId))
  if (listed !== undefined)
    throw new ControlError(
      'USER_LISTED',
      `Facility ${entry.facility} has this person already: user ${listed.id} is ${listed.state}.`,
      {
        vi: 'Cơ sở đã đăng ký người này; hãy dùng chức năng thay đổi.',
        errors: [{ path: '/body/citizenId', message: 'is of somebody who is on the list' }],
        facts: { user: listed.id, state: listed.state },
      },
    )
  const auditSeq = await change.audit({
    action: 'user.enter',
    target: `facility/${entry.facility}`,
    dispatch,
    details: { province: entry.province, rights: entry.rights },
  })
  return insertUsers(change, [entry], keys, { dispatch, auditSeq, reason: null, importId: null })
}

/** What is to be otherwise; what is left out stays. */
export interface UserChange {
  readonly name?: string | undefined
  readonly rights?: readonly UserRight[] | undefined
  readonly fromMs?: number | undefined
  readonly untilMs?: number | null | undefined
}

/** Has a change wait for approval. @throws ControlError NOT_FOUND, OTHER_PROVINCE, VERSION_CHANGED, WRONG_STATE, BAD_FIELDS, PERIOD_REFUSED */
export async function changeUser(
  change: Change,
  id: number,
  wish: UserChange,
  { dispatch, version }: { readonly dispatch: string; readonly version?: number | undefined },
): Promise<void> {
  const row = await readUser(change.db, change.actor, id)
  requireSameVersion(row, version)
  requireListed(row)
  const name = wish.name === undefined ? row.name : findName(wish.name)
  if (name === undefined)
    throw new ControlError('BAD_FIELDS', '1 field is wrong.', {
      errors: [{ path: '/body/name', message: 'must be 2 to 100 letters' }],
    })
  const base = wantedOf(row)
  const rights = wish.rights ?? rightsOf(base?.rights ?? row.rights)
  const fromMs = wish.fromMs ?? base?.fromMs ?? row.effective_from_ms
  const untilMs = wish.untilMs === undefined ? (base === undefined ? row.effective_until_ms : base.untilMs) : wish.untilMs
  requirePeriod({ fromMs, untilMs }, change.atMs)
  const auditSeq = await change.audit({
    action: 'user.ask-change',
    target: `user/${id}`,
    dispatch,
    details: { facility: row.facility, rights },
  })
  await askChange(change, row, { name, rights, fromMs, untilMs }, { dispatch, auditSeq, reason: null, importId: null })
}

/** Disables or cancels at once. @throws ControlError NOT_FOUND, OTHER_PROVINCE, VERSION_CHANGED, WRONG_STATE */
export async function endUser(
  change: Change,
  id: number,
  step: 'disable' | 'cancel',
  { dispatch, reason, version }: { readonly dispatch: string; readonly reason: string; readonly version?: number | undefined },
): Promise<void> {
  const row = await readUser(change.db, change.actor, id)
  requireSameVersion(row, version)
  requireListed(row, step === 'disable' ? ['active'] : undefined)
  const auditSeq = await change.audit({
    action: `user.${step}`,
    target: `user/${id}`,
    dispatch,
    details: { facility: row.facility },
  })
  await closeUser(change, row, step, { dispatch, reason, auditSeq })
}

function requireListed(row: { id: number; state: string }, allowed: readonly string[] = ['waiting', 'active', 'disabled']): void {
  if (allowed.includes(row.state)) return
  throw new ControlError('WRONG_STATE', `User ${row.id} is ${row.state}, and must be ${allowed.join(' or ')}.`, {
    vi: `Không thể thực hiện: người dùng đang ở trạng thái ${row.state}.`,
    facts: { state: row.state, allowed },
  })
}

function requirePeriod({ fromMs, untilMs }: Pick<UserEntry, 'fromMs' | 'untilMs'>, nowMs: number): void {
  if (untilMs === null || untilMs > Math.max(fromMs, nowMs)) return
  throw new ControlError('PERIOD_REFUSED', 'The period must end after it begins, and not in the past.', {
    vi: 'Ngày hết hiệu lực phải sau ngày bắt đầu và không được ở quá khứ.',
    errors: [{ path: '/body/until', message: 'must be after the first day, and not in the past' }],
  })
}
