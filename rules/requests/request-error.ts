/** Misuse of `rules/requests`. A line that cannot be read is never an error: see `LINE_FAULTS`. */
export const REQUEST_ERRORS = {
  KEY_TOO_SHORT: 'the masking key has fewer than 16 bytes, so masked citizen IDs could be guessed',
  BAD_TEMPLATE: 'the template of a log format cannot be read, lacks what is needed, or would let clients forge lines',
} as const

/** What `rules/requests` refuses. Callers branch on `code`, never on `message`. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: keyof typeof REQUEST_ERRORS
  constructor(code: keyof typeof REQUEST_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
