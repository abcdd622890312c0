/** What can be wrong with the agent's memory on disk. None of it stops the agent. */
export const MEMORY_ERRORS = {
  STATE_UNWRITABLE: 'the state directory cannot be written: full, read-only or not ours',
  STATE_UNREADABLE: 'a file of the state directory cannot be read',
  LAST_GOOD_BROKEN: 'the remembered list is torn or was changed on disk, and is not used',
  TRUSTED_BROKEN: 'the record of the highest revision ever trusted is torn or was changed on disk',
  LAST_GOOD_OLDER: 'the remembered list is older than the highest revision ever trusted, and is not used',
} as const

export type MemoryErrorCode = keyof typeof MEMORY_ERRORS

/** The disk did not keep or give what it should. Callers branch on `code`. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError'
  readonly code: MemoryErrorCode
  constructor(code: MemoryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
