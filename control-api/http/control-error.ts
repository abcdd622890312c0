import { IMPORT_ERRORS } from '../imports/import-errors.ts'
import { OTP_ERRORS } from '../otp/otp-errors.ts'
import { REGISTRATION_ERRORS } from '../registrations/registration-errors.ts'
import { USER_ERRORS } from '../users/user-errors.ts'

/** What the control API refuses: HTTP status and title of each problem. Callers branch on the code, never on the words. */
export const CONTROL_ERRORS = {
  ...REGISTRATION_ERRORS,
  ...IMPORT_ERRORS,
  ...OTP_ERRORS,
  ...USER_ERRORS,
  BAD_REQUEST: { status: 400, title: 'The request cannot be read' },
  BAD_FIELDS: { status: 400, title: 'Fields of the request are missing or wrong' },
  UNAUTHENTICATED: { status: 401, title: 'No valid credential came with the request' },
  CLOCKS_DIFFER: { status: 401, title: 'The clocks of agent and control API differ too much' },
  REPLAYED: { status: 401, title: 'The credential was used before' },
  REVOKED: { status: 401, title: 'The credential is revoked' },
  FORBIDDEN: { status: 403, title: 'The role does not allow this' },
  OTHER_PROVINCE: { status: 403, title: 'The access token is for another province' },
  NOT_FOUND: { status: 404, title: 'No such thing' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The path does not know this method' },
  CONFLICT: { status: 409, title: 'The state does not allow this' },
  SAME_PERSON: { status: 409, title: 'A second person must do this' },
  TOKEN_SPENT: { status: 409, title: 'The enrolment token was used before' },
  NAME_TAKEN: { status: 409, title: 'Another agent has this name' },
  SHRINK_NEEDS_SECOND_APPROVAL: { status: 409, title: 'The list would shrink past the limits' },
  REVISION_REFUSED: { status: 409, title: 'The revision may not be published' },
  TOKEN_EXPIRED: { status: 410, title: 'The enrolment token has expired' },
  TOO_LARGE: { status: 413, title: 'The body is too large' },
  WRONG_TYPE: { status: 415, title: 'The body has a media type that is not taken here' },
  TOO_MANY: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'The control API failed' },
  BUSY: { status: 503, title: 'The control API is busy' },
  STORAGE_FULL: { status: 507, title: 'The control API has no room left' },
} as const

export type ControlErrorCode = keyof typeof CONTROL_ERRORS

/** One faulty field; `path` is a JSON pointer into the part that it names: `/body/facility`. */
export interface FieldFault {
  readonly path: string
  readonly message: string
  /** The same in Vietnamese, for whoever fills in a form. */
  readonly vi?: string
}

export interface ControlErrorOptions extends ErrorOptions {
  /** All faulty fields at once. */
  readonly errors?: readonly FieldFault[]
  /** The same detail in Vietnamese, where an officer reads it. */
  readonly vi?: string
  /** Figures that help to decide, as members of the problem (RFC 9457 §3.2). Holds no secret. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** A refusal that is shown to the caller as a problem (RFC 9457): `message` becomes `detail`. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly code: ControlErrorCode
  readonly errors: readonly FieldFault[]
  readonly vi: string | undefined
  readonly facts: Readonly<Record<string, unknown>>
  constructor(code: ControlErrorCode, message: string, options: ControlErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.errors = options.errors ?? []
    this.vi = options.vi
    this.facts = options.facts ?? {}
  }
}
