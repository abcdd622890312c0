import { Type } from 'typebox'

/** An account as it may leave a process: `maskAccount` leaves no run of ten digits or more, so one that has it was never masked and is refused. */
export const MaskedAccount = Type.String({
  maxLength: 64,
  pattern: '^(?!.*[0-9]{10})',
  description: 'masked account',
})
