/** Why a program that the agent started did not end well. */
export const PROGRAM_ERRORS = {
  NOT_FOUND: 'the program is not installed, or not where a service looks for it',
  NOT_PERMITTED: 'the system does not let this user start the program',
  TIMED_OUT: 'the program took longer than it was given and was killed',
  TOO_MUCH_OUTPUT: 'the program wrote more than the agent is ready to read',
  CANCELLED: 'the agent gave up waiting, because it is stopping',
  KILLED: 'the program was ended by a signal that the agent did not send',
  INPUT_UNWRITABLE: 'the input of the program could not be written to the temporary folder; the program was not started',
  BAD_INPUT: 'the input of the program could not be made; the program was not started',
} as const

export type ProgramErrorCode = keyof typeof PROGRAM_ERRORS

/** A program that could not be run to its end. An exit code other than 0 is no `ProgramError`: the caller judges it. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  readonly code: ProgramErrorCode
  constructor(code: ProgramErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
