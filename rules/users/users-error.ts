/** Why bytes are no users document. */
export const USERS_ERRORS = {
  USERS_TOO_LARGE: 'the users document is larger than central ever signs',
  USERS_HEADER: 'the first line of the users document is missing, wrong, or has a field not known here',
  USERS_LINE: 'a line of the users document is not of the one form that is taken',
  USERS_ORDER: 'the users document is not in the order of its tokens, or has one twice',
} as const

/** A users document that is refused. Callers branch on `code`, never on `message`. */
export class UsersError extends Error {
  override readonly name = 'UsersError'
  readonly code: keyof typeof USERS_ERRORS
  constructor(code: keyof typeof USERS_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
