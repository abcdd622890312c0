/** What can go wrong where the agent leaves files for `watch`. */
export const HAND_OVER_ERRORS = {
  HAND_OVER_UNWRITABLE: 'the folder in which the agent leaves documents for watch cannot be written or read',
} as const

/** A file could not be handed over; the one before is still there. Callers branch on `code`. */
export class HandOverError extends Error {
  override readonly name = 'HandOverError'
  readonly code: keyof typeof HAND_OVER_ERRORS
  constructor(code: keyof typeof HAND_OVER_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
