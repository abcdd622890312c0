/** What may be wrong about watching the kernel for the changes of others. */
export const DRIFT_ERRORS = {
  DRIFT_FOUGHT: 'another program changes our rules again and again; they are put right each time',
  LISTENER_AWAY: 'changes of others cannot be heard from the kernel; they are found by looking from time to time',
  PROOF_DIFFERS: 'the elements read back from the kernel are not those of the signed list',
  PROOF_UNREADABLE: 'the elements could not be read back from the kernel',
} as const

export type DriftErrorCode = keyof typeof DRIFT_ERRORS

export class DriftError extends Error {
  override readonly name = 'DriftError'
  readonly code: DriftErrorCode
  constructor(code: DriftErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
