import { type Static, Type } from 'typebox'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import type { Holding } from './holding.ts'
import type { RegistrationRow, RegistrationStepRow } from './registration-tables.ts'

/** Text of a form: any words, no control characters. */
const words = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]*$', description })

export const FacilityCode = Type.String({
  pattern: '^[0-9]{5}$',
  description: 'mã CSKCB: five digits as text',
  examples: ['01234'],
})
export const ProvinceCode = Type.String({
  pattern: '^[0-9]{2}$',
  description: 'mã tỉnh of the managing province',
  examples: ['24'],
})
export const Dispatch = Type.String({
  minLength: 1,
  maxLength: 120,
  description: 'số công văn: number of the dispatch that orders it',
  examples: ['1923/BHXH-CNTT'],
})
const Instant = Type.String({ description: 'ISO 8601 with offset', examples: ['2024-07-27T00:00:00+07:00'] })
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const RegistrationBody = Type.Object(
  {
    facility: FacilityCode,
    facilityName: Type.String({ minLength: 1, maxLength: 200, description: 'tên CSKCB', examples: ['Trạm y tế xã mẫu 00123'] }),
    province: ProvinceCode,
    block: Type.String({ maxLength: 64, description: 'one address or prefix', examples: ['14.160.12.34'] }),
    carrier: Type.Optional(words(100, 'nhà mạng')),
    place: Type.Optional(words(300, 'địa chỉ sử dụng')),
    note: Type.Optional(words(500, 'ghi chú')),
    dispatch: Dispatch,
    effectiveFrom: Type.Optional(
      Type.String({ maxLength: 40, description: 'ISO 8601 with offset, or a date in Asia/Ho_Chi_Minh; now if left out' }),
    ),
    effectiveUntil: Type.Optional(Type.String({ maxLength: 40, description: 'first instant at which it no longer holds' })),
    shared: Type.Optional(
      Type.Object(
        { reason: Type.String({ minLength: 10, maxLength: 500, description: 'why two units use one address' }) },
        { additionalProperties: false, description: 'an explicit exception; without it another unit’s claim is a conflict' },
      ),
    ),
  },
  { additionalProperties: false },
)

export const StepBody = Type.Object(
  { dispatch: Dispatch, facility: Type.Optional(FacilityCode), note: Type.Optional(words(500, 'remark kept with the step')) },
  { additionalProperties: false },
)

export const CloseBody = Type.Object(
  {
    dispatch: Dispatch,
    reason: Type.String({ minLength: 3, maxLength: 500, description: 'why; kept with the step' }),
    facility: Type.Optional(Type.String({ pattern: '^[0-9]{5}$', description: 'must be the unit that holds the block' })),
  },
  { additionalProperties: false },
)

const Step = Type.Object({ by: Type.String(), at: Instant, dispatch: Type.String() })

export const RegistrationView = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  version: Type.Integer({ minimum: 1, description: 'send it as If-Match' }),
  facility: FacilityCode,
  facilityName: Type.String(),
  province: ProvinceCode,
  provinceAt: Type.String({ description: 'the instant whose code table `province` is meant by' }),
  block: Type.String(),
  carrier: Type.String(),
  place: Type.String(),
  note: Type.String(),
  state: Type.String({ examples: ['approved'] }),
  shared: nullable(Type.Object({ reason: Type.String() })),
  effectiveFrom: Instant,
  effectiveUntil: nullable(Instant),
  importId: nullable(Type.String()),
  cancelImportId: nullable(Type.String({ description: 'the import whose approval will revoke it' })),
  registered: Step,
  endorsed: nullable(Step),
  approved: nullable(Step),
  closed: nullable(Type.Object({ by: Type.String(), at: Instant, dispatch: Type.String(), reason: nullable(Type.String()) })),
})
export type RegistrationView = Static<typeof RegistrationView>

export const HistoryView = Type.Object({
  version: Type.Integer(),
  at: Instant,
  step: Type.String(),
  state: Type.String(),
  by: Type.String(),
  dispatch: Type.String(),
  reason: nullable(Type.String()),
  auditSeq: Type.Integer({ description: 'number of the audit entry that covers it' }),
})

export const OverlapView = Type.Object({
  id: Type.Integer(),
  facility: Type.String(),
  facilityName: Type.String(),
  block: Type.String(),
  state: Type.String(),
  sharedReason: nullable(Type.String()),
})

export const RegistrationDetail = Type.Object({
  ...RegistrationView.properties,
  history: Type.Array(HistoryView),
  overlaps: Type.Array(OverlapView, { description: 'other registrations that hold this block, a part of it, or more' }),
})

export function viewOf(row: RegistrationRow): RegistrationView {
  const step = (by: string | null, atMs: number | null, dispatch: string | null) =>
    by === null || atMs === null ? null : { by, at: portalTimeText(atMs), dispatch: dispatch ?? '' }
  const closed = step(row.closed_by, row.closed_at_ms, row.closed_dispatch)
  return {
    id: row.id,
    version: row.version,
    facility: row.facility,
    facilityName: row.facility_name,
    province: row.province,
    provinceAt: portalTimeText(row.province_at_ms),
    block: row.block,
    carrier: row.carrier,
    place: row.place,
    note: row.note,
    state: row.state,
    shared: row.shared_reason === null ? null : { reason: row.shared_reason },
    effectiveFrom: portalTimeText(row.effective_from_ms),
    effectiveUntil: row.effective_until_ms === null ? null : portalTimeText(row.effective_until_ms),
    importId: row.import_id,
    cancelImportId: row.cancel_import_id,
    registered: { by: row.registered_by, at: portalTimeText(row.registered_at_ms), dispatch: row.registered_dispatch },
    endorsed: step(row.endorsed_by, row.endorsed_at_ms, row.endorsed_dispatch),
    approved: step(row.approved_by, row.approved_at_ms, row.approved_dispatch),
    closed: closed === null ? null : { ...closed, reason: row.closed_reason },
  }
}

export function historyOf(row: RegistrationStepRow): Static<typeof HistoryView> {
  return {
    version: row.version,
    at: portalTimeText(row.at_ms),
    step: row.step,
    state: row.state,
    by: row.person,
    dispatch: row.dispatch,
    reason: row.reason,
    auditSeq: row.audit_seq,
  }
}

export function overlapOf({ id, facility, facilityName, block, state, sharedReason }: Holding): Static<typeof OverlapView> {
  return { id, facility, facilityName, block, state, sharedReason }
}
