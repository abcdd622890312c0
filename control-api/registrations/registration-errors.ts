/** What registrations refuse: HTTP status and title of each problem. */
export const REGISTRATION_ERRORS = {
  BLOCK_REFUSED: { status: 400, title: 'The address cannot be registered' },
  PERIOD_REFUSED: { status: 400, title: 'The effective dates cannot be read or make no period' },
  PROVINCE_UNKNOWN: { status: 400, title: 'No province has this code at this date' },
  ALREADY_HELD: { status: 409, title: 'The unit holds this address already' },
  HELD_BY_ANOTHER: { status: 409, title: 'Another unit holds this address or part of it' },
  NOT_THE_HOLDER: { status: 409, title: 'The unit does not hold this address' },
  WRONG_STATE: { status: 409, title: 'The registration is not in a state for this step' },
  VERSION_CHANGED: { status: 412, title: 'Somebody else changed it in between' },
} as const
