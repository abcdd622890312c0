/** Why bytes are no blocks document. */
export const BLOCKS_ERRORS = {
  BLOCKS_TOO_LARGE: 'the blocks document is larger than central ever signs',
  BLOCKS_FIELD: 'a field of the blocks document is missing, wrong, or not known here',
  BLOCKS_TIME: 'a time of the blocks document is no instant, or a verdict ends too late',
  BLOCKS_NOT_CANONICAL: 'the blocks document is not written in the one way that is taken',
} as const

/** A blocks document that is refused. Callers branch on `code`, never on `message`. */
export class BlocksError extends Error {
  override readonly name = 'BlocksError'
  readonly code: keyof typeof BLOCKS_ERRORS
  constructor(code: keyof typeof BLOCKS_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
