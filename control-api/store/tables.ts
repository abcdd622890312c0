import type { AuditTables } from '../audit/audit-tables.ts'

/** Every table by its name. Each area describes its own rows in its own folder; this is where they meet. */
export type Tables = AuditTables
