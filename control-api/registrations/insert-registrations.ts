import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import { insertRows } from '../store/insert-rows.ts'
import { blockBounds } from './block-bounds.ts'
import type { Change, RegistrationOrder } from './registration.ts'
import type { FacilityRow, RegistrationRow, RegistrationStepRow } from './registration-tables.ts'

export interface InsertOptions {
  /** What `nextRegistrationId` gave in this transaction. */
  readonly firstId: number
  /** Number of the audit entry that covers these rows. */
  readonly auditSeq: number
  readonly importId: string | null
  /** A form 02 is the province's own word: its rows are registered and endorsed at once. */
  readonly isEndorsed: boolean
}

/** The number the next registration gets. Writers come one after another, so it stays free until the transaction ends. */
export async function nextRegistrationId(change: Change): Promise<number> {
  const row = await change.db
    .selectFrom('registration')
    .select((eb) => eb.fn.max('id').as('last'))
    .executeTakeFirst()
  return Number(row?.last ?? 0) + 1
}

/** Writes checked orders with their first steps; facilities not known yet come with them. Their texts are kept without identifiers of citizens. */
export async function insertRegistrations(
  change: Change,
  ordered: readonly RegistrationOrder[],
  options: InsertOptions,
): Promise<void> {
  const orders = ordered.map(withoutIdentifiers)
  await insertFacilities(change, orders)
  await insertRows(
    change.db,
    'registration',
    orders.map((order, index) => rowOf(change, order, options.firstId + index, options)),
  )
  await insertRows(
    change.db,
    'registration_step',
    orders.flatMap((order, index) => stepsOf(change, order, options.firstId + index, options)),
  )
}

function withoutIdentifiers(order: RegistrationOrder): RegistrationOrder {
  const { facilityName, carrier, place, note, sharedReason } = order
  return {
    ...order,
    facilityName: hideIdentifiers(facilityName),
    carrier: hideIdentifiers(carrier),
    place: hideIdentifiers(place),
    note: hideIdentifiers(note),
    sharedReason: sharedReason === null ? null : hideIdentifiers(sharedReason),
  }
}

async function insertFacilities(change: Change, orders: readonly RegistrationOrder[]): Promise<void> {
  const known = new Set((await change.db.selectFrom('facility').select('code').execute()).map((row) => row.code))
  const made = new Map<string, FacilityRow>()
  for (const order of orders) {
    if (known.has(order.facility) || made.has(order.facility)) continue
    made.set(order.facility, {
      code: order.facility,
      name: order.facilityName,
      province: order.province,
      province_at_ms: change.atMs,
      daily_visits: null,
    })
  }
  await insertRows(change.db, 'facility', [...made.values()])
}

function rowOf(change: Change, order: RegistrationOrder, id: number, options: InsertOptions): RegistrationRow {
  const { actor, atMs } = change
  const { isEndorsed } = options
  return {
    id,
    version: isEndorsed ? 2 : 1,
    facility: order.facility,
    facility_name: order.facilityName,
    province: order.province,
    province_at_ms: atMs,
    block: order.block,
    ...blockBounds(order.block),
    carrier: order.carrier,
    place: order.place,
    note: order.note,
    state: isEndorsed ? 'endorsed' : 'registered',
    shared_reason: order.sharedReason,
    effective_from_ms: order.effectiveFromMs,
    effective_until_ms: order.effectiveUntilMs,
    import_id: options.importId,
    cancel_import_id: null,
    registered_by: actor.person,
    registered_at_ms: atMs,
    registered_dispatch: order.dispatch,
    endorsed_by: isEndorsed ? actor.person : null,
    endorsed_at_ms: isEndorsed ? atMs : null,
    endorsed_dispatch: isEndorsed ? order.dispatch : null,
    approved_by: null,
    approved_at_ms: null,
    approved_dispatch: null,
    closed_by: null,
    closed_at_ms: null,
    closed_dispatch: null,
    closed_reason: null,
  }
}

function stepsOf(change: Change, order: RegistrationOrder, id: number, options: InsertOptions): RegistrationStepRow[] {
  const common = {
    registration_id: id,
    at_ms: change.atMs,
    person: change.actor.person,
    dispatch: order.dispatch,
    reason: null,
    audit_seq: options.auditSeq,
  }
  const register: RegistrationStepRow = { ...common, version: 1, step: 'register', state: 'registered' }
  return options.isEndorsed ? [register, { ...common, version: 2, step: 'endorse', state: 'endorsed' }] : [register]
}
