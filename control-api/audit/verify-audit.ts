import { setImmediate } from 'node:timers/promises'
import type { Store } from '../store/store.ts'
import { auditHash, FIRST_PREVIOUS } from './audit-hash.ts'
import type { AuditRow } from './audit-tables.ts'

/** The newest entry of a chain. Kept outside the database, it also shows that newest entries were cut off. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

export type AuditVerdict =
  | { readonly kind: 'whole'; readonly head: AuditHead }
  | { readonly kind: 'broken'; readonly seq: number; readonly reason: 'number' | 'previous' | 'hash' | 'cut-off' }

const PAGE_ROWS = 2000

/**
 * Follows the chain from the first row and names the first broken one: its number, its link or its content.
 * `known` is a head seen before: it must still be there.
 */
export async function verifyAudit(store: Store, known?: AuditHead): Promise<AuditVerdict> {
  let head: AuditHead = { seq: 0, hash: FIRST_PREVIOUS }
  for (;;) {
    const rows = await page(store, head.seq)
    for (const row of rows) {
      const reason = faultOf(row, head)
      if (reason !== undefined) return { kind: 'broken', seq: head.seq + 1, reason }
      head = { seq: row.seq, hash: row.hash }
      if (known?.seq === head.seq && known.hash !== head.hash) return { kind: 'broken', seq: head.seq, reason: 'hash' }
    }
    if (rows.length < PAGE_ROWS) break
    await setImmediate()
  }
  if (known !== undefined && head.seq < known.seq) return { kind: 'broken', seq: head.seq + 1, reason: 'cut-off' }
  return { kind: 'whole', head }
}

function page(store: Store, afterSeq: number): Promise<AuditRow[]> {
  return store.read((db) =>
    db.selectFrom('audit').selectAll().where('seq', '>', afterSeq).orderBy('seq').limit(PAGE_ROWS).execute(),
  )
}

function faultOf({ hash, ...row }: AuditRow, head: AuditHead): 'number' | 'previous' | 'hash' | undefined {
  if (row.seq !== head.seq + 1) return 'number'
  if (row.previous !== head.hash) return 'previous'
  return auditHash(row) === hash ? undefined : 'hash'
}
