/** Something that is wrong now, as status and reports show it. */
export interface Fault {
  readonly code: string
  readonly message: string
}

/** Faults that no area's own table names. */
export const AGENT_ERRORS = {
  INTERFACE_MISSING: 'an interface of firewall.interfaces is not there, so nothing is judged on it',
  CLOCK_BACK: 'the clock of this host says less than it did when the control API agreed with it; no date is put off by that',
  UNEXPECTED: 'something happened that the agent has no name for; the message tells what',
} as const

const MAX_MESSAGE_LENGTH = 1000

/** The fault that an error stands for: its code where it has one of ours, else UNEXPECTED. The message is cut, on one line. */
export function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message || error.name : String(error)
  return { code: codeOf(error), message: message.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MAX_MESSAGE_LENGTH) }
}

/** Our errors carry their class's name; an errno of the system (`ENOSPC`) is no code of ours. */
function codeOf(error: unknown): string {
  const isOurs = error instanceof Error && /^[A-Z]\w*Error$/.test(error.name) && error.name !== 'Error' && 'code' in error
  return isOurs && typeof error.code === 'string' && !('errno' in error) ? error.code : 'UNEXPECTED'
}
