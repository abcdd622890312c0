/**
 * An officer of a province's list. What would name a citizen or be called is kept twice: sealed, to be used, and as a keyed hash, to be found;
 * what is shown has its end alone.
 */
export interface OfficerRow {
  id: string
  province: string
  name: string
  bhxh_hash: string
  bhxh_shown: string
  /** Sealed for `otp.phone`. */
  phone: string
  phone_hash: string
  phone_shown: string
  /** Sealed for `otp.account`. */
  account: string
  account_hash: string
  account_shown: string
  dispatch: string
  import_id: string | null
  state: 'waiting' | 'approved' | 'refused' | 'revoked'
  entered_by: string
  entered_at_ms: number
  approved_by: string | null
  approved_at_ms: number | null
  ended_by: string | null
  ended_at_ms: number | null
  end_reason: string | null
}

/** A request for a code. One for a code of nobody on the list is kept like any other, so that nothing tells them apart. */
export interface OtpRequestRow {
  id_hash: string
  officer_id: string | null
  bhxh_hash: string
  phone_hash: string | null
  source_hash: string
  code_hash: string
  state: 'open' | 'used' | 'burnt' | 'replaced'
  attempts: number
  requested_at_ms: number
  expires_at_ms: number
}

/** Wrong codes for one BHXH number, and until when it is locked. */
export interface OtpLockRow {
  bhxh_hash: string
  wrong: number
  since_ms: number
  until_ms: number | null
}

export interface OtpGrantRow {
  id: string
  officer_id: string
  granted_at_ms: number
  /** The last look-up, as of the last time it was written down. */
  used_at_ms: number
  ends_at_ms: number
  /** When it was taken back or another took its place; `null` where it ends by itself. */
  ended_at_ms: number | null
  ended_by: string | null
  end_reason: string | null
}

export interface OtpTables {
  otp_officer: OfficerRow
  otp_request: OtpRequestRow
  otp_lock: OtpLockRow
  otp_grant: OtpGrantRow
}
