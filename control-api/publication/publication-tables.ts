/**
 * A revision. `prepared`: ordered and audited, its files are being written. `published`: clients see it. `failed`: its number stays
 * unused. The repository's files decide between the last two after a crash.
 */
export interface RevisionRow {
  revision: number
  state: 'prepared' | 'published' | 'failed'
  /** ISO 8601; what the list's header says. */
  published_at: string
  published_at_ms: number
  mode: 'observe' | 'enforce'
  enforce_from: string | null
  entries: number
  added: number
  removed: number
  /** SHA-256 (hex) of the blocks. */
  digest: string
  /** SHA-256 (hex) of the whole document. */
  document_sha256: string
  note: string | null
  person: string
  /** `ShrinkConfirmation` as JSON. */
  shrink: string | null
}

/** One person's word that the next list may shrink to exactly this. */
export interface ShrinkApprovalRow {
  id: string
  person: string
  reason: string
  /** The digest that the list must have; or the figures below. */
  digest: string | null
  entries: number | null
  removed: number | null
  created_at_ms: number
  expires_at_ms: number
  /** The revision that used it up. */
  revision: number | null
}

export interface PublicationTables {
  revision: RevisionRow
  shrink_approval: ShrinkApprovalRow
}
