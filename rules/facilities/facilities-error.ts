/** Why bytes are no facilities document. */
export const FACILITIES_ERRORS = {
  FACILITIES_TOO_LARGE: 'the facilities document is larger than an agent ever writes',
  FACILITIES_FORM: 'the facilities document is torn, or not of the one form that is taken',
} as const

/** A facilities document that is refused. Callers branch on `code`, never on `message`. */
export class FacilitiesError extends Error {
  override readonly name = 'FacilitiesError'
  readonly code: keyof typeof FACILITIES_ERRORS
  constructor(code: keyof typeof FACILITIES_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
