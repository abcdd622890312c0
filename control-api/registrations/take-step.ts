import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { requireWithin } from '../access/within-province.ts'
import { ControlError } from '../http/control-error.ts'
import { findHoldings } from './find-holdings.ts'
import type { Claim, Holding } from './holding.ts'
import { requireFree } from './register.ts'
import { type Change, REGISTRATION_STEPS, type RegistrationStep } from './registration.ts'
import type { RegistrationRow } from './registration-tables.ts'

export interface StepOrder {
  readonly dispatch: string
  readonly reason: string | null
  /** What the caller saw; another version means that somebody else was faster. */
  readonly version?: number | undefined
  /** The unit the caller thinks holds the block; checked where given. */
  readonly facility?: string | undefined
}

/**
 * Endorses, approves, revokes, refuses or withdraws one registration.
 * @throws ControlError NOT_FOUND, OTHER_PROVINCE, VERSION_CHANGED, NOT_THE_HOLDER, WRONG_STATE, SAME_PERSON, HELD_BY_ANOTHER
 */
export async function takeStep(change: Change, id: number, step: RegistrationStep, given: StepOrder): Promise<void> {
  const order = { ...given, reason: given.reason === null ? null : hideIdentifiers(given.reason) }
  const { db, actor, atMs } = change
  const row = await db.selectFrom('registration').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new ControlError('NOT_FOUND', `There is no registration ${id}.`)
  requireWithin(actor, row.province, '/params/id')
  requireSameVersion(row, order)
  requireState(row, step)
  if (step === 'approve') await requireApprovable(change, row)

  const { to } = REGISTRATION_STEPS[step]
  const auditSeq = await change.audit({
    action: `registration.${step}`,
    target: `registration/${id}`,
    dispatch: order.dispatch,
    details: { facility: row.facility, block: row.block, ...(order.reason === null ? {} : { reason: order.reason }) },
  })
  const version = row.version + 1
  await db
    .updateTable('registration')
    .set({ state: to, version, ...stepColumns(step, actor.person, atMs, order) })
    .where('id', '=', id)
    .execute()
  await db
    .insertInto('registration_step')
    .values({
      registration_id: id,
      version,
      at_ms: atMs,
      step,
      state: to,
      person: actor.person,
      dispatch: order.dispatch,
      reason: order.reason,
      audit_seq: auditSeq,
    })
    .execute()
}

/** A later shared exception was made knowing this claim, so it does not stand against it. */
export function contests(holding: Holding, id: number): boolean {
  return holding.id < id || (holding.id > id && holding.sharedReason === null)
}

/** The claim that a stored registration makes. */
export function claimOf(row: RegistrationRow): Claim {
  return {
    facility: row.facility,
    facilityName: row.facility_name,
    province: row.province,
    block: row.block,
    effectiveFromMs: row.effective_from_ms,
    effectiveUntilMs: row.effective_until_ms,
    sharedReason: row.shared_reason,
    dispatch: row.endorsed_dispatch ?? row.registered_dispatch,
  }
}

/** The columns of `registration` that a step fills. */
export function stepColumns(
  step: RegistrationStep,
  person: string,
  atMs: number,
  order: Pick<StepOrder, 'dispatch' | 'reason'>,
): Partial<RegistrationRow> {
  if (step === 'endorse') return { endorsed_by: person, endorsed_at_ms: atMs, endorsed_dispatch: order.dispatch }
  if (step === 'approve') return { approved_by: person, approved_at_ms: atMs, approved_dispatch: order.dispatch }
  return {
    closed_by: person,
    closed_at_ms: atMs,
    closed_dispatch: order.dispatch,
    closed_reason: order.reason,
    cancel_import_id: null,
  }
}

function requireSameVersion(row: RegistrationRow, order: StepOrder): void {
  if (order.version !== undefined && order.version !== row.version) {
    throw new ControlError(
      'VERSION_CHANGED',
      `Registration ${row.id} is at version ${row.version}, not ${order.version}: somebody changed it in between. Read it again, then decide.`,
      {
        vi: `Đăng ký số ${row.id} đã được người khác thay đổi. Hãy tải lại rồi quyết định.`,
        facts: { version: row.version, state: row.state },
      },
    )
  }
  if (order.facility !== undefined && order.facility !== row.facility) {
    throw new ControlError('NOT_THE_HOLDER', `Unit ${order.facility} does not hold ${row.block}: unit ${row.facility} does.`, {
      vi: `Đơn vị ${order.facility} không giữ ${row.block}; đơn vị ${row.facility} đang giữ.`,
    })
  }
}

function requireState(row: RegistrationRow, step: RegistrationStep): void {
  const { from } = REGISTRATION_STEPS[step]
  if (from.some((state) => state === row.state)) return
  throw new ControlError(
    'WRONG_STATE',
    `Cannot ${step} registration ${row.id}: it is ${row.state}, and must be ${from.join(' or ')}.`,
    {
      vi: `Không thể thực hiện bước này: đăng ký số ${row.id} đang ở trạng thái ${row.state}.`,
      facts: { state: row.state, allowed: from },
    },
  )
}

async function requireApprovable(change: Change, row: RegistrationRow): Promise<void> {
  requireOtherPerson(change.actor.person, [row])
  const holdings = await findHoldings(change.db, [row.block], change.atMs)
  requireFree(
    claimOf(row),
    holdings.filter((holding) => contests(holding, row.id)),
  )
}

/** @throws ControlError SAME_PERSON where `person` registered or endorsed one of `rows` */
export function requireOtherPerson(
  person: string,
  rows: readonly Pick<RegistrationRow, 'id' | 'registered_by' | 'endorsed_by'>[],
): void {
  const own = rows.find((row) => row.registered_by === person || row.endorsed_by === person)
  if (own === undefined) return
  throw new ControlError(
    'SAME_PERSON',
    `Registration ${own.id} was registered or endorsed by ${person}: another person must approve it.`,
    {
      vi: `Đăng ký số ${own.id} do chính người này lập hoặc xác nhận; phải có người khác phê duyệt.`,
    },
  )
}
