/** An access token of a person. Only its SHA-256 is kept. */
export interface TokenRow {
  id: string
  person: string
  role: 'operator' | 'approver' | 'reader'
  sha256: string
  created_at_ms: number
  expires_at_ms: number
  revoked_at_ms: number | null
}

export interface AccessTables {
  token: TokenRow
}
