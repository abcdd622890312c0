/** Why bytes are no tally. Sketches inside and a damaged whole are told by `SketchError`. */
export const TALLY_ERRORS = {
  TALLY_TOO_LARGE: 'the tally is larger than any edge sends',
  TALLY_VERSION: 'the tally is of a version that is not known here',
  TALLY_FIELD: 'a field of the tally is out of range',
  TALLY_ORDER: 'minutes or accounts of the tally are not in rising order, or stand twice',
} as const

/** A tally that is refused. Callers branch on `code`, never on `message`. */
export class TallyError extends Error {
  override readonly name = 'TallyError'
  readonly code: keyof typeof TALLY_ERRORS
  constructor(code: keyof typeof TALLY_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
