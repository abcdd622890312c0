/** Why a program cannot be printed for any backend. */
export const FILTER_ERRORS = {
  BAD_REVISION: 'the revision is not a whole number from 0 up',
  BAD_DIGEST: 'the digest is not 64 lower-case hexadecimal digits',
  BAD_MODE: 'the mode is neither observe nor enforce',
  BAD_REFUSE: 'the way to refuse is neither reset nor drop',
  BAD_HOOK: 'the hooks are not input, forward or both, each once',
  BAD_PORT: 'a guarded port is not a whole number from 1 to 65535, is named twice, or there is none at all',
  BAD_INTERFACE: 'an interface name holds more than 15 characters, or others than letters, digits, dot, dash, underscore and @',
  BAD_TIMEOUT: 'a timed block has less than 1 ms or more than 10 years left',
  NOT_COMPARABLE: 'no delta leads from one program to the other; the whole program must be applied',
} as const

export type FilterErrorCode = keyof typeof FILTER_ERRORS

/** A program that no backend may print. Callers branch on `code`, never on `message`. */
export class FilterError extends Error {
  override readonly name = 'FilterError'
  readonly code: FilterErrorCode
  constructor(code: FilterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
