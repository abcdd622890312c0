/** An access token of a person. Only its SHA-256 is kept. */
export interface TokenRow {
  id: string
  person: string
  /**
   * `portal` is no person: the portal’s own pages, which get codes for officers. `assessor`: the assessment centre, which grants rights to approve users.
   * `province` and `facility` see what is their own; a facility enters its users, which its province approves, and neither changes anything else.
   */
  role: 'operator' | 'approver' | 'reader' | 'assessor' | 'portal' | 'province' | 'facility'
  /** Whose: the code of a `province` or `facility`; the only province that an `operator` or `approver` is for. `null`: for all. */
  scope: string | null
  sha256: string
  created_at_ms: number
  expires_at_ms: number
  revoked_at_ms: number | null
}

export interface AccessTables {
  token: TokenRow
}
