/** Why an allow document cannot be read, or a readable revision is not taken. */
export const REVISION_ERRORS = {
  DOCUMENT_NOT_UTF8: 'The document is not valid UTF-8.',
  HEADER_MISSING: 'The first line is missing or not ended by a line feed.',
  HEADER_NOT_JSON: 'The header is not JSON.',
  HEADER_FIELD: 'A field of the header is missing, unknown or of the wrong shape.',
  HEADER_DATE: 'A date of the header is not an ISO 8601 instant with offset.',
  HEADER_NOT_CANONICAL: 'The header is not written in the one canonical way.',
  LINE_NOT_ENDED: 'The last line is not ended by a line feed.',
  ENTRY_EMPTY: 'An entry line is empty.',
  ENTRY_BLOCK: 'The block of an entry is not in canonical form.',
  ENTRY_ORDER: 'An entry stands before one that it should follow.',
  ENTRY_TWICE: 'A block stands twice.',
  OWNER_MISSING: 'An entry has no owner.',
  OWNER_FORM: 'An owner is not facility:province:dispatch.',
  OWNER_DISPATCH: 'A dispatch number is empty, too long or holds characters that cannot be printed.',
  OWNER_ORDER: 'The owners of an entry are not in order.',
  OWNER_TWICE: 'An owner stands twice in an entry.',
  COUNT_DIFFERS: 'The number of entries is not the one the header names.',
  DIGEST_DIFFERS: 'The digest of the blocks is not the one the header names.',
  REVISION_OLDER: 'The revision is older than one that was trusted already.',
  REVISION_REWRITTEN: 'The revision has the number of the trusted one and another content.',
  LIST_EMPTY: 'The revision approves nothing, and no second person confirmed it.',
  LIST_ALL_COVERING: 'The revision opens more addresses than a list of facilities can have.',
  LIST_SHRINKS: 'The revision loses more blocks than the limit, and no second person confirmed it.',
  PROVINCE_LOST: 'The revision loses a whole province, and no second person confirmed it.',
} as const

export type RevisionErrorCode = keyof typeof REVISION_ERRORS

/** An allow document that cannot be read. `line` counts from 1, 0 where the fault is of the whole. Callers branch on `code`. */
export class RevisionError extends Error {
  override readonly name = 'RevisionError'
  readonly code: RevisionErrorCode
  readonly line: number
  constructor(code: RevisionErrorCode, line: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.line = line
  }
}
