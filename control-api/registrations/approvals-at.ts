import { setImmediate } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Approval } from '../../rules/ledger/approval.ts'
import type { Store } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { RegistrationRow } from './registration-tables.ts'

const PAGE_ROWS = 10_000
const COLUMNS = [
  'id',
  'block',
  'facility',
  'province',
  'approved_dispatch',
  'effective_from_ms',
  'effective_until_ms',
  'approved_at_ms',
  'closed_at_ms',
  'shared_reason',
] as const

/** Every approval in effect at `atMs`, from one snapshot, in the order of registration. */
export function approvalsAt(store: Store, atMs: number): Promise<Approval[]> {
  return store.read((db) => readApprovalsAt(db, atMs))
}

/** The same within a read or transaction at hand. Reads in pages, so that a million rows do not hold up everybody else. */
export async function readApprovalsAt(db: Kysely<Tables>, atMs: number): Promise<Approval[]> {
  const found: Approval[] = []
  for (let afterId = 0; ; ) {
    const rows = await page(db, atMs, afterId)
    for (const row of rows) found.push(approvalOfRow(row))
    if (rows.length < PAGE_ROWS) return found
    afterId = rows.at(-1)?.id ?? afterId
    await setImmediate()
  }
}

/** Approved by then, begun, not run out and not closed by then: also right for an instant long past. */
function page(db: Kysely<Tables>, atMs: number, afterId: number) {
  return db
    .selectFrom('registration')
    .select(COLUMNS)
    .where('id', '>', afterId)
    .where('approved_at_ms', '<=', atMs)
    .where('effective_from_ms', '<=', atMs)
    .where((eb) => eb.or([eb('effective_until_ms', 'is', null), eb('effective_until_ms', '>', atMs)]))
    .where((eb) => eb.or([eb('closed_at_ms', 'is', null), eb('closed_at_ms', '>', atMs)]))
    .orderBy('id')
    .limit(PAGE_ROWS)
    .execute()
}

/** An approval counts from its effective date or its approval, whichever is later, to its end or its closing, whichever is earlier. */
function approvalOfRow(row: Pick<RegistrationRow, (typeof COLUMNS)[number]>): Approval {
  const untilMs = Math.min(row.effective_until_ms ?? Number.POSITIVE_INFINITY, row.closed_at_ms ?? Number.POSITIVE_INFINITY)
  return {
    id: String(row.id),
    block: row.block,
    owner: { facility: row.facility, province: row.province, dispatch: row.approved_dispatch ?? '' },
    effectiveFromMs: Math.max(row.effective_from_ms, row.approved_at_ms ?? 0),
    effectiveUntilMs: Number.isFinite(untilMs) ? untilMs : undefined,
    sharedException: row.shared_reason !== null,
  }
}
