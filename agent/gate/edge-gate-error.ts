/** What can go wrong with the gate of an edge. None of it stops the gate: it goes on with what it holds. */
export const EDGE_GATE_ERRORS = {
  GATE_POLICY_MISSING: 'the agent has handed over no policy yet; the policy of the config file, or the shipped default, holds',
  GATE_POLICY_FILE: 'the policy file of the config cannot be read or has faults; the shipped default holds',
  GATE_DOCUMENT_UNUSABLE:
    'a document of the hand-over folder cannot be read or is not what central signs; the one before goes on',
  GATE_DOCUMENT_OLD: 'a document of the hand-over folder is older than one that was taken once; it is not taken again',
  GATE_DOCUMENT_GONE:
    'a file of the hand-over folder that was taken is no longer there; what it said holds until this process ends',
  GATE_READER_FAILED: 'the thread that reads the hand-over folder has ended; it is started again, and what was taken holds',
  GATE_KEY_UNUSABLE: 'the key of the gates is missing or cannot be read, so nothing is judged by the lists of users and grants',
  GATE_KEY_OPEN: 'the key of the gates can be read by everybody on this host; it is used all the same',
  GATE_LIST_MISSING: 'a rule is on whose signed list was not handed over, so it judges nothing',
  GATE_CLOCK_BACK:
    'the clock of this host says less than it did, or than a signed document does; what a date has switched stays switched',
  GATE_CLOCK_AHEAD: 'the clock of this host is more than seven days ahead of everything signed; dates may come early',
  GATE_MARK_BROKEN: 'what the gate remembered of time and versions is torn or was changed on disk; it begins anew',
  GATE_REHEARSAL_BROKEN: 'the remembered rehearsal is torn or was changed on disk; it begins anew',
  GATE_SOCKET_IN_USE: 'another gate answers on the socket already',
  GATE_HAPROXY_AWAY: 'the runtime socket of HAProxy does not answer; what its maps hold goes on, and it is tried again',
  GATE_HAPROXY_REFUSED:
    'HAProxy does not take what the gate says: its configuration or its maps are not those that are shipped; it is tried again',
  GATE_HAPROXY_UNJUDGED:
    'HAProxy had requests within the last ten minutes that it could not judge: its maps were empty, or its code failed',
  GATE_SOCKET_UNUSABLE: 'the socket of the gate cannot be listened on; it is tried again',
} as const

/** Trouble of the gate. Callers branch on `code`. */
export class EdgeGateError extends Error {
  override readonly name = 'EdgeGateError'
  readonly code: keyof typeof EDGE_GATE_ERRORS
  constructor(code: keyof typeof EDGE_GATE_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
