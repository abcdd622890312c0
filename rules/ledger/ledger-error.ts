/** Why the ledger of owners does not take a change. */
export const LEDGER_ERRORS = {
  APPROVAL_TWICE: 'An approval with this id is in the ledger already.',
  APPROVAL_UNKNOWN: 'No approval has this id.',
  APPROVAL_PERIOD: 'The period of the approval is not a period: it ends before it begins, or is not in whole milliseconds.',
  APPROVAL_ENDED: 'The approval ends earlier already; an end is never moved later.',
  APPROVAL_OWNER: 'The owner is not a facility of five digits, a province of two and a dispatch number.',
  BLOCK_HELD: 'Another facility holds the block or a part of it, and the approval is no explicit shared exception.',
} as const

export type LedgerErrorCode = keyof typeof LEDGER_ERRORS

/** A change that the ledger of owners does not take; nothing was changed. Callers branch on `code`. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError'
  readonly code: LedgerErrorCode
  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
