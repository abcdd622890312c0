import { DETECT_FINDINGS } from '../../rules/detect/detector.ts'

/** What can go wrong with `watch` and `replay`. A log that cannot be read for a while stops nobody: it is tried again. */
export const WATCH_ERRORS = {
  BAD_REGISTRATIONS: 'the file of registrations has rows that cannot be understood',
  LOG_UNREADABLE: 'a log is there but cannot be read; it is tried again',
  SYSLOG_UNUSABLE: 'the unix socket for syslog messages cannot be listened on; it is tried again',
  THREAD_FAILED: 'the thread that reads the logs ended or hung; it is started again where it had saved its place',
  KEY_UNUSABLE: 'the masking key in the state folder cannot be read or made, or is too short',
  TALLY_KEY_UNUSABLE: 'the key that the edges share cannot be read, is too short, or can be read by everybody',
  POSITIONS_BROKEN: 'the positions in the logs are torn or were changed on disk; the logs are begun anew',
  COUNTS_BROKEN: 'the remembered counts are torn, were changed on disk or are of another version; every account is counted anew',
  FLAGS_BROKEN: 'the remembered flags are torn or were changed on disk; they are found again while they go on',
  ...DETECT_FINDINGS,
  WATCH_SOCKET_IN_USE: 'another watch process answers on the socket already',
  WATCH_STATE_IN_USE: 'another watch process works with the same state folder already',
  WATCH_SOCKET_UNUSABLE: 'the socket of watch cannot be listened on',
} as const

export type WatchErrorCode = keyof typeof WATCH_ERRORS

/** Trouble of `watch` or `replay`. Callers branch on `code`. */
export class WatchError extends Error {
  override readonly name = 'WatchError'
  readonly code: WatchErrorCode
  constructor(code: WatchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
