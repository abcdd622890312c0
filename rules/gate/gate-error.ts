/** Why bytes are no policy of the gate. */
export const GATE_ERRORS = {
  POLICY_TOO_LARGE: 'the policy document is larger than central ever signs',
  POLICY_FIELD: 'a field of the policy document is missing, wrong, or not known here',
  POLICY_NOT_CANONICAL: 'the policy document is not written in the one way that is taken',
} as const

/** A policy document that is refused. Callers branch on `code`, never on `message`. */
export class GateError extends Error {
  override readonly name = 'GateError'
  readonly code: keyof typeof GATE_ERRORS
  constructor(code: keyof typeof GATE_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
