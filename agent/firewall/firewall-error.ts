/** Why the firewall could not do what it was asked. What was in force still is. */
export const FIREWALL_ERRORS = {
  REFUSED: 'the kernel or its tool judged the program and refused it',
  NOT_PERMITTED: 'the agent lacks CAP_NET_ADMIN',
  NO_TOOL: 'the tool of this backend is not installed',
  UNSUPPORTED: 'this kernel or tool lacks something the program needs',
  NOT_IN_FORCE: 'our rules are not in the kernel, so there is nothing to change',
  OUT_OF_MEMORY: 'the kernel has no memory left for the program',
  UNREADABLE: 'what the tool printed could not be understood',
  INPUT_UNWRITABLE: 'the temporary folder is full or may not be written into, so the tool was not started',
  NOT_FINISHED: 'the tool was stopped before its end; what is in force must be read again',
} as const

export type FirewallErrorCode = keyof typeof FIREWALL_ERRORS

/** A fault of the firewall. Callers branch on `code`, never on `message`. */
export class FirewallError extends Error {
  override readonly name = 'FirewallError'
  readonly code: FirewallErrorCode
  constructor(code: FirewallErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
