/** Why bytes are no grants document. */
export const GRANTS_ERRORS = {
  GRANTS_TOO_LARGE: 'the grants document is larger than central ever signs',
  GRANTS_FIELD: 'a field of the grants document is missing, wrong, or not known here',
  GRANTS_TIME: 'a time of the grants document is no instant, or the times of a grant do not fit together',
  GRANTS_NOT_CANONICAL: 'the grants document is not written in the one way that is taken',
} as const

/** A grants document that is refused. Callers branch on `code`, never on `message`. */
export class GrantsError extends Error {
  override readonly name = 'GrantsError'
  readonly code: keyof typeof GRANTS_ERRORS
  constructor(code: keyof typeof GRANTS_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
