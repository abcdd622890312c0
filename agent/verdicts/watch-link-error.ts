/** What can go wrong between `agent` and `watch`. Neither needs the other to do its own work. */
export const WATCH_LINK_ERRORS = {
  WATCH_AWAY: 'the watch process does not answer on its socket, or the connection broke',
  WATCH_ANSWER: 'what the socket answers is not what a watch of this version says',
} as const

/** The stream of flags ended. Callers branch on `code`. */
export class WatchLinkError extends Error {
  override readonly name = 'WatchLinkError'
  readonly code: keyof typeof WATCH_LINK_ERRORS
  constructor(code: keyof typeof WATCH_LINK_ERRORS, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
