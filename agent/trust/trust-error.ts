/** Why what the control API serves is not believed, or cannot be judged. */
export const TRUST_ERRORS = {
  METADATA_REFUSED: 'signed metadata is missing, malformed or not signed by the keys that the pinned root names',
  METADATA_OLDER: 'signed metadata is older than what was seen before (rollback)',
  METADATA_EXPIRED: 'signed metadata has expired (freeze), or the clock of this machine is wrong',
  TARGET_MISMATCH: 'the list is not the one that the signed metadata names',
  TRUST_STORE: 'the pinned root or the store of verified metadata cannot be read or written',
} as const

export type TrustErrorCode = keyof typeof TRUST_ERRORS

/** Something signed was not taken. Nothing changed. Callers branch on `code`. */
export class TrustError extends Error {
  override readonly name = 'TrustError'
  readonly code: TrustErrorCode
  constructor(code: TrustErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
