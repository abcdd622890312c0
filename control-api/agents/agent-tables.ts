export interface AgentRow {
  id: string
  name: string
  /** Ed25519, 32 bytes, base64url. */
  public_key: string
  enrolled_at_ms: number
  revoked_at_ms: number | null
  revoke_reason: string | null
}

/** A one-time enrolment token. Only its SHA-256 is kept. */
export interface EnrolmentTokenRow {
  sha256: string
  /** Root metadata whose hash the token's text names. */
  root_version: number
  created_by: string
  created_at_ms: number
  expires_at_ms: number
  spent_at_ms: number | null
  agent_id: string | null
}

export interface AgentTables {
  agent: AgentRow
  enrolment_token: EnrolmentTokenRow
}
