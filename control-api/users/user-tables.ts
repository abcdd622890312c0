/** Where a named user stands. */
export const USER_STATES = {
  waiting: 'the facility has entered the user (form 01/dk-ctn); the province has not approved yet',
  active: 'approved, from the effective date on',
  disabled: 'by order, or after 45 days without use; a change that is approved enables again',
  cancelled: 'taken off the list for good',
  refused: 'the province said no',
} as const
export type UserState = keyof typeof USER_STATES

/** A named user. The citizen ID is not here: only its last three digits, by which his facility knows him, and keyed tokens. */
export interface UserRow {
  id: number
  /** Grows by one with every change. */
  version: number
  facility: string
  province: string
  /** As the facility wrote it. Personal data: shown to officers alone, and never logged, audited or sent to edges. */
  name: string
  /** `•••••••••345` */
  shown: string
  /** The citizen ID under a key that never leaves central: tells that two entries are one person. */
  person_token: string
  /** `rightsText` */
  rights: string
  effective_from_ms: number
  effective_until_ms: number | null
  state: UserState
  /** `WantedChange` as JSON where a change waits for approval; what holds is in the other columns until then. */
  wanted: string | null
  /** The import that brought the user or the change that waits. */
  import_id: string | null
  dispatch: string
  entered_by: string
  entered_at_ms: number
  approved_by: string | null
  approved_at_ms: number | null
  ended_by: string | null
  ended_at_ms: number | null
  end_reason: string | null
  /** The day from which idle days are counted: the last use that an edge told, or the approval. `YYYY-MM-DD` in Asia/Ho_Chi_Minh. */
  seen_day: string
  /** Last day of use that an edge told; null where there was none. */
  used_day: string | null
  /** The day on which it was said that the account would be disabled for want of use. */
  warned_day: string | null
}

/** The account under one gate key (`gateToken`). */
export interface UserTokenRow {
  key_id: string
  token: string
  user_id: number
}

/** One step in a user's life; only ever added. `audit_seq` names the audit entry that covers it. */
export interface UserStepRow {
  user_id: number
  version: number
  at_ms: number
  step: string
  state: UserState
  person: string
  dispatch: string
  reason: string | null
  audit_seq: number
}

/** The last signed document of users: what it was made of, so that a start does not sign the same again. */
export interface UserDocumentRow {
  version: number
  sha256: string
}

/** Somebody at a province who may approve its users, once the assessment centre has granted it (form 02/dk-ctn). */
export interface ApproverRow {
  id: number
  version: number
  province: string
  /** The person of the control API (`token.person`). */
  person: string
  name: string
  shown: string
  person_token: string
  state: 'waiting' | 'granted' | 'revoked' | 'refused'
  import_id: string | null
  dispatch: string
  entered_by: string
  entered_at_ms: number
  granted_by: string | null
  granted_at_ms: number | null
  granted_dispatch: string | null
  ended_by: string | null
  ended_at_ms: number | null
  end_reason: string | null
}

export interface UserTables {
  portal_user: UserRow
  portal_user_token: UserTokenRow
  portal_user_step: UserStepRow
  portal_user_document: UserDocumentRow
  user_approver: ApproverRow
}
