import type { Clock } from '../../rules/time/clock.ts'
import { ADDRESS_FORM } from '../imports/column-mapping.ts'
import type { ImportRow } from '../imports/import-tables.ts'
import { approveImport } from '../registrations/approve-import.ts'
import { insertRegistrations, nextRegistrationId } from '../registrations/insert-registrations.ts'
import type { Change, RegistrationOrder } from '../registrations/registration.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Actor, Store } from '../store/store.ts'
import { type Sample, type SampleSize, sampleRegistrations } from './sample-registrations.ts'

export interface SeedOptions extends SampleSize {
  readonly seed: number
  readonly clock: Clock
  /** Told after each batch: registrations approved so far. */
  onProgress?(approved: number, of: number): void
}

/** Two people, because one may not approve what they registered. */
const OPERATOR: Actor = { person: 'sample-operator', role: 'operator' }
const APPROVER: Actor = { person: 'sample-approver', role: 'approver' }
const BATCH = 5000
const DISPATCH = '02/MAU-CNTT'

/**
 * Puts a made-up country into the store as approved registrations, in batches of one import each, registered by one person and approved by another.
 * A seed that is there already is left as it is. Gives how many registrations are new.
 */
export async function seedSample(store: Store, options: SeedOptions): Promise<number> {
  const { seed, clock } = options
  const first = await store.read((db) => db.selectFrom('import').select('id').where('id', '=', idOf(seed, 0)).executeTakeFirst())
  if (first !== undefined) return 0
  const sample = sampleRegistrations(seed, options, clock.nowMs())
  const { orders } = sample
  for (let at = 0; at < orders.length; at += BATCH) {
    const importId = idOf(seed, at / BATCH)
    const batch = orders.slice(at, at + BATCH)
    await change(store, clock, OPERATOR, (made) => take(made, importId, batch, at === 0 ? sample : undefined))
    await change(store, clock, APPROVER, (made) => approveImport(made, importId, DISPATCH))
    options.onProgress?.(at + batch.length, orders.length)
  }
  return orders.length
}

function idOf(seed: number, batch: number): string {
  return `sample-${seed}-${batch + 1}`
}

function change<T>(store: Store, clock: Clock, actor: Actor, work: (made: Change) => Promise<T>): Promise<T> {
  return store.transact(actor, (tx) => work({ ...tx, actor, atMs: clock.nowMs() }))
}

async function take(
  made: Change,
  importId: string,
  orders: readonly RegistrationOrder[],
  sample: Sample | undefined,
): Promise<void> {
  const dispatch = orders[0]?.dispatch ?? DISPATCH
  const auditSeq = await made.audit({
    action: 'sample.take',
    target: `import/${importId}`,
    dispatch,
    details: { adds: orders.length, facilities: sample?.facilities.length ?? 0 },
  })
  if (sample !== undefined) await insertFacilities(made, sample)
  await made.db
    .insertInto('import')
    .values(importRowOf(made, importId, orders.length, dispatch))
    .execute()
  const firstId = await nextRegistrationId(made)
  await insertRegistrations(made, orders, { firstId, auditSeq, importId, isEndorsed: true })
}

/** With their visits a day, which no form tells. */
async function insertFacilities(made: Change, { facilities }: Sample): Promise<void> {
  const known = new Set((await made.db.selectFrom('facility').select('code').execute()).map((row) => row.code))
  const rows = facilities
    .filter((facility) => !known.has(facility.code))
    .map(({ code, name, province, dailyVisits }) => ({
      code,
      name,
      province,
      province_at_ms: made.atMs,
      daily_visits: dailyVisits,
    }))
  await insertRows(made.db, 'facility', rows)
}

function importRowOf(made: Change, id: string, rows: number, dispatch: string): ImportRow {
  return {
    id,
    form: ADDRESS_FORM.number,
    sha256: '',
    bytes: 0,
    sheet: '',
    province: null,
    dispatch,
    accept: 'all',
    is_taken: 1,
    rows,
    adds: rows,
    changes: 0,
    cancels: 0,
    unchanged: 0,
    refused: 0,
    ignored: '[]',
    taken_by: made.actor.person,
    at_ms: made.atMs,
  }
}
