/** A row of the audit log. `details` is canonical JSON; `hash` binds the row to the one before. */
export interface AuditRow {
  seq: number
  at_ms: number
  person: string
  role: string
  action: string
  target: string
  dispatch: string | null
  details: string
  previous: string
  hash: string
}

export interface AuditTables {
  audit: AuditRow
}
