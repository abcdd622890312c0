/** What the desk of one-time codes refuses; part of `CONTROL_ERRORS`. */
export const OTP_ERRORS = {
  OTP_WRONG: { status: 403, title: 'The code is wrong' },
  OFFICER_KNOWN: { status: 409, title: 'An officer with this number or account is on a list already' },
  OFFICER_NEEDS_CENTRAL: { status: 409, title: 'Central IT must look at this officer before a province can enter him' },
  OTP_OFF: { status: 409, title: 'No SMS gateway is set up, so there are no one-time codes' },
  OTP_OVER: { status: 410, title: 'The code is used up, too old, or was never asked for' },
  OTP_TOO_SOON: { status: 429, title: 'Codes were asked for too often' },
  OTP_LOCKED: { status: 429, title: 'Too many wrong codes; it is locked for a while' },
} as const
