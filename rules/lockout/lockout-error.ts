import type { LockoutErrorCode } from './find-cut.ts'

/** A change that is not made, or not kept, because it would lock somebody out. Callers branch on `code`. */
export class LockoutError extends Error {
  override readonly name = 'LockoutError'
  readonly code: LockoutErrorCode
  constructor(code: LockoutErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
