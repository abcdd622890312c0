import { createHash } from 'node:crypto'
import type { AuditRow } from './audit-tables.ts'
import { canonicalJson } from './canonical-json.ts'

/** What stands as `previous` in the first row. */
export const FIRST_PREVIOUS = '0'.repeat(64)

/** SHA-256 (hex) over the hash before and the row's canonical JSON: changing, moving or removing a row breaks every later one. */
export function auditHash(row: Omit<AuditRow, 'hash'>): string {
  const { previous, ...content } = row
  return createHash('sha256').update(previous).update('\n').update(canonicalJson(content)).digest('hex')
}
