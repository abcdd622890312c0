/** What the store refuses or suffers, and what it means. */
export const STORE_ERRORS = {
  UNAUDITED: 'a transaction wrote no audit entry and was rolled back',
  NESTED: 'the store was asked for another read or transaction from inside one; use the one at hand',
  BUSY: 'another process holds the database; nothing was changed, try again',
  FULL: 'the disk or the set size is full; nothing was changed',
  CONSTRAINT: 'a row breaks a rule of the database; nothing was changed',
  READ_ONLY: 'a read tried to write, or the database file may not be written',
  UNAVAILABLE: 'the database cannot be opened or read',
  CORRUPT: 'the file is damaged or is no database; restore it from a backup',
  NEWER: 'the database was made by a newer version of the program',
  CLOSED: 'the store was closed before',
} as const

/** A failure of the store. Callers branch on `code`, never on `message`. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: keyof typeof STORE_ERRORS
  constructor(code: keyof typeof STORE_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
