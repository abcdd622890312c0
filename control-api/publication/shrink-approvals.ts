import type { Kysely } from 'kysely'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import type { Actor, Store } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { ShrinkFigures } from './prepare-revision.ts'
import type { ShrinkApprovalRow } from './publication-tables.ts'

const HOUR_MS = 3_600_000

/** What one person approves: the list with this digest, or with these figures. */
export type ShrinkOrder = { readonly reason: string } & (
  | { readonly digest: string }
  | { readonly entries: number; readonly removed: number }
)

export interface ShrinkApprovalParts {
  readonly nowMs: number
  readonly hours: number
  readonly randomBytes: (size: number) => Uint8Array
}

/** Remembers that `actor` approves a list that shrinks to exactly this; somebody else must publish it. */
export async function addShrinkApproval(
  store: Store,
  actor: Actor,
  order: ShrinkOrder,
  { nowMs, hours, randomBytes }: ShrinkApprovalParts,
): Promise<{ id: string; expiresAtMs: number }> {
  const id = `shrink-${Buffer.from(randomBytes(6)).toString('hex')}`
  const reason = hideIdentifiers(order.reason)
  const expiresAtMs = nowMs + hours * HOUR_MS
  const figures =
    'digest' in order
      ? { digest: order.digest, entries: null, removed: null }
      : { digest: null, entries: order.entries, removed: order.removed }
  await store.transact(actor, async (tx) => {
    await tx.db
      .insertInto('shrink_approval')
      .values({
        id,
        person: actor.person,
        reason,
        ...figures,
        created_at_ms: nowMs,
        expires_at_ms: expiresAtMs,
        revision: null,
      })
      .execute()
    await tx.audit({ action: 'shrink-approval.add', target: id, details: { reason, ...figures, expiresAtMs } })
  })
  return { id, expiresAtMs }
}

/** Approvals that could still be used by `person`: unused, not expired, and another person's. */
export function liveShrinkApprovals(db: Kysely<Tables>, person: string, nowMs: number): Promise<ShrinkApprovalRow[]> {
  return db
    .selectFrom('shrink_approval')
    .selectAll()
    .where('revision', 'is', null)
    .where('expires_at_ms', '>', nowMs)
    .where('person', '<>', person)
    .orderBy('created_at_ms')
    .orderBy('id')
    .execute()
}

/** True where the approval was given for exactly this list. */
export function fitsFigures(row: ShrinkApprovalRow, figures: ShrinkFigures): boolean {
  if (row.digest !== null) return row.digest === figures.digest
  return row.entries === figures.entries && row.removed === figures.removed
}
