/** A request this far ahead of all before it is believed only when others agree. */
const MAX_STEP_MS = 86_400_000
const FORWARD_RUN = 3
/** Requests come late by up to a client's time-out; one later than this may mean that the clock was set back. */
export const MAX_LATE_MS = 600_000
const BACKWARD_RUN = 64

const AHEAD_MS = 60_000

/**
 * What time the log says it is: the newest time seen, but neither one stray line nor a clock that was wrong for a while moves it
 * for good. Used for what lapses; counting goes by each account's own requests.
 */
export class LogClock {
  nowMs = 0
  #aheadMs = 0
  #ahead = 0
  #behind = 0

  /** Takes a request's time. */
  see(atMs: number): void {
    if (this.nowMs === 0) this.nowMs = atMs
    if (atMs > this.nowMs + MAX_STEP_MS) {
      this.#ahead = atMs >= this.#aheadMs - MAX_STEP_MS ? this.#ahead + 1 : 1
      this.#aheadMs = atMs
      this.#behind = 0
      if (this.#ahead >= FORWARD_RUN) this.#set(atMs)
      return
    }
    this.#ahead = 0
    if (atMs >= this.nowMs - MAX_LATE_MS) this.#behind = 0
    else if (++this.#behind >= BACKWARD_RUN) this.#set(atMs)
    if (atMs > this.nowMs) this.nowMs = atMs
  }

  /** A time far ahead of what the log says it is would make all others late for central. */
  isNear(atMs: number): boolean {
    return atMs <= this.nowMs + AHEAD_MS
  }

  /** Moves on without a request; never back. */
  advance(toMs: number): void {
    if (toMs > this.nowMs) this.#set(toMs)
  }

  #set(atMs: number): void {
    this.nowMs = atMs
    this.#ahead = 0
    this.#behind = 0
  }
}
