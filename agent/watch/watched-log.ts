import { createLogFollower, type FollowState } from './follow-log.ts'
import type { IntakeCounts, LogIntake } from './log-intake.ts'
import type { LogPlace } from './log-place.ts'
import { WatchError } from './watch-error.ts'
import type { WatchedLog } from './watch-options.ts'

/** One log being followed and understood. */
export interface FollowedLog extends AsyncDisposable {
  readonly log: WatchedLog
  readonly counts: IntakeCounts
  readonly state: FollowState
  /** It was read to its end at least once. */
  readonly isCaughtUp: boolean
  /** Why it cannot be read at present. */
  readonly fault: WatchError | undefined
  /** Takes in what is there; true if there is more at once. Never throws. */
  poll(): Promise<boolean>
  place(): LogPlace | undefined
}

export interface FollowedLogOptions {
  readonly log: WatchedLog
  readonly place: LogPlace | undefined
  readonly from: 'beginning' | 'end'
  readonly intake: LogIntake
  readonly nowMs: () => number
  readonly monotonicMs: () => number
}

export function openFollowedLog({ log, intake, ...options }: FollowedLogOptions): FollowedLog {
  const follower = createLogFollower({ path: log.path, createSplitter: () => intake.createSplitter(), ...options })
  let isCaughtUp = false
  let fault: WatchError | undefined
  return {
    log,
    counts: intake.counts,
    get state() {
      return follower.state
    },
    get isCaughtUp() {
      return isCaughtUp
    },
    get fault() {
      return fault
    },
    async poll() {
      try {
        const hasMore = await follower.poll()
        fault = undefined
        if (!hasMore) isCaughtUp = true
        return hasMore
      } catch (cause) {
        fault = cause instanceof WatchError ? cause : unreadable(log.path, cause)
        return false
      }
    },
    place: () => follower.place(),
    [Symbol.asyncDispose]: () => follower[Symbol.asyncDispose](),
  }
}

function unreadable(path: string, cause: unknown): WatchError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new WatchError('LOG_UNREADABLE', `Cannot read the log ${JSON.stringify(path)}: ${reason}`, { cause })
}
