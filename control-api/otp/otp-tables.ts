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
  /** 1 where the officer has used the source before, or it is an office's. */
  is_known: number
}

/** A wrong code for a BHXH number, from a source that its officer has used before or not. */
export interface OtpWrongRow {
  bhxh_hash: string
  source_hash: string
  is_known: number
  at_ms: number
}

/** A source from which a right code for this number came. */
export interface OtpSourceRow {
  bhxh_hash: string
  source_hash: string
  used_at_ms: number
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
  otp_wrong: OtpWrongRow
  otp_source: OtpSourceRow
  otp_grant: OtpGrantRow
}
