/** What can go wrong between the agent and the control API. */
export const CONTROL_LINK_ERRORS = {
  CONTROL_UNREACHABLE: 'the control API did not answer, or the connection broke',
  CONTROL_BUSY: 'the control API asks to come back later',
  CONTROL_REFUSED: 'the control API answered with a refusal',
  CONTROL_NOT_FOUND: 'the control API has nothing under this path',
  CONTROL_ANSWER: 'the answer of the control API is too large or not of the agreed form',
} as const

export interface ControlLinkErrorOptions extends ErrorOptions {
  readonly status?: number
  /** Milliseconds that the control API asked to be left alone (Retry-After). */
  readonly retryAfterMs?: number
}

/** A call to the control API that gave nothing usable. Callers branch on `code`. */
export class ControlLinkError extends Error {
  override readonly name = 'ControlLinkError'
  readonly code: keyof typeof CONTROL_LINK_ERRORS
  /** HTTP status, 0 where there was none. */
  readonly status: number
  readonly retryAfterMs: number
  constructor(code: keyof typeof CONTROL_LINK_ERRORS, message: string, options: ControlLinkErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.status = options.status ?? 0
    this.retryAfterMs = options.retryAfterMs ?? 0
  }
}
