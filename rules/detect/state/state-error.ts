/** Why a saved state of the detection is not taken. It then starts with nothing counted. */
export const DETECT_STATE_ERRORS = {
  STATE_TORN: 'the saved counts end too early or do not have the check sum they name',
  STATE_VERSION: 'the saved counts are of another version, or of more accounts than there is room for',
  STATE_FORM: 'the saved counts do not hold what was written',
} as const

/** A saved state that is refused. Callers branch on `code`. */
export class DetectStateError extends Error {
  override readonly name = 'DetectStateError'
  readonly code: keyof typeof DETECT_STATE_ERRORS
  constructor(code: keyof typeof DETECT_STATE_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
