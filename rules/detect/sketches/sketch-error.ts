/** Why bytes are no sketch. */
export const SKETCH_ERRORS = {
  SKETCH_TORN: 'the bytes end too early, go on after the end, or do not have the check sum they name',
  SKETCH_VERSION: 'the bytes are of a version that is not known here',
  SKETCH_FORM: 'the bytes are not written in the one canonical way',
  SKETCH_IMPOSSIBLE: 'the sketch counts more persons than there are',
} as const

/** Bytes that are refused. Callers branch on `code`, never on `message`. */
export class SketchError extends Error {
  override readonly name = 'SketchError'
  readonly code: keyof typeof SKETCH_ERRORS
  constructor(code: keyof typeof SKETCH_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
