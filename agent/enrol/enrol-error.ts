/** Why an edge has no identity, or cannot get one. */
export const ENROL_ERRORS = {
  TOKEN_MALFORMED: 'the enrolment token is not one: random text, a dot and 32 hex digits',
  TOKEN_UNREADABLE: 'the file of the enrolment token cannot be read',
  ROOT_MISMATCH: 'the root metadata received is not the one that the enrolment token names',
  ALREADY_ENROLLED: 'this edge has an identity already',
  NOT_ENROLLED: 'this edge has no identity yet',
  IDENTITY_BROKEN: 'the files of the identity are torn or do not belong together',
  IDENTITY_EXPOSED: 'other accounts of this machine can read the private key',
} as const

/** Enrolment or identity trouble. Callers branch on `code`. */
export class EnrolError extends Error {
  override readonly name = 'EnrolError'
  readonly code: keyof typeof ENROL_ERRORS
  constructor(code: keyof typeof ENROL_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
