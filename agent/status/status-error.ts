/** What can go wrong when the status is offered or asked for. */
export const STATUS_ERRORS = {
  SOCKET_IN_USE: 'another agent answers on the status socket already',
  STATE_IN_USE: 'another agent works with the same stateDir already',
  SOCKET_UNUSABLE: 'the status socket or address cannot be listened on',
  AGENT_AWAY: 'no agent answers on the status socket',
  AGENT_ANSWER: 'what answers on the status socket is not an agent',
} as const

/** Trouble with the local status. Callers branch on `code`. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly code: keyof typeof STATUS_ERRORS
  constructor(code: keyof typeof STATUS_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
