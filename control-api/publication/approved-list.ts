import { allowListAt } from '../../rules/ledger/allow-list-at.ts'
import type { AllowEntry } from '../../rules/revisions/allow-document.ts'
import { approvalsAt } from '../registrations/approvals-at.ts'
import type { Store } from '../store/store.ts'

/** What the publisher asks of the registrations. */
export interface ApprovedList {
  /** Blocks in effect at `atMs` with everybody who holds them. */
  entriesAt(atMs: number): Promise<readonly AllowEntry[]>
  /** Whether an approval begins or ends in (`afterMs`, `untilMs`]. */
  changesBetween(afterMs: number, untilMs: number): Promise<boolean>
}

/** The registrations of the store as the publisher sees them. */
export function createApprovedList(store: Store): ApprovedList {
  return {
    async entriesAt(atMs) {
      return allowListAt(await approvalsAt(store, atMs), atMs)
    },
    async changesBetween(afterMs, untilMs) {
      const row = await store.read((db) =>
        db
          .selectFrom('registration')
          .select('id')
          .where('state', '=', 'approved')
          .where((eb) =>
            eb.or([
              eb.and([eb('effective_from_ms', '>', afterMs), eb('effective_from_ms', '<=', untilMs)]),
              eb.and([eb('effective_until_ms', '>', afterMs), eb('effective_until_ms', '<=', untilMs)]),
            ]),
          )
          .limit(1)
          .executeTakeFirst(),
      )
      return row !== undefined
    },
  }
}
