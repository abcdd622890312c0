/** How many wrong codes are borne. */
export interface GuessLimits {
  /** For one number from one source within an hour; then this source is locked for this number. */
  readonly wrongBeforeLock: number
  /** From one source for all numbers within an hour; then this source is locked. */
  readonly wrongPerSource: number
  /**
   * For one number within a day, from strangers together and from each known source: NIST SP 800-63B wants no more than a hundred. Then these wait until fewer
   * lie in the day behind.
   */
  readonly wrongPerOfficerDay: number
  readonly lockMinutes: number
}

/** When wrong codes came, in milliseconds since 1970, oldest first; older ones than a day may be left out. */
export interface GuessHistory {
  /** For this number from this source. */
  readonly pair: readonly number[]
  /** From this source. */
  readonly source: readonly number[]
  /** For this number: from this source where it is known, else from all strangers. */
  readonly officer: readonly number[]
}

export type GuessVerdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'locked'; readonly scope: 'pair' | 'source' | 'officer'; readonly untilMs: number }

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Whether a code may be asked for or tried now. What one source does locks that source; what strangers do locks strangers. So whoever knows an officer's
 * number can keep out himself, and others who never came as this officer before, and not the officer.
 */
export function judgeGuesses(history: GuessHistory, limits: GuessLimits, nowMs: number): GuessVerdict {
  const lockMs = limits.lockMinutes * 60_000
  const locks = [
    { scope: 'pair' as const, untilMs: lockEnd(history.pair, limits.wrongBeforeLock, lockMs) },
    { scope: 'source' as const, untilMs: lockEnd(history.source, limits.wrongPerSource, lockMs) },
    { scope: 'officer' as const, untilMs: freeAt(history.officer, limits.wrongPerOfficerDay, nowMs) },
  ]
  const longest = locks.sort((one, other) => other.untilMs - one.untilMs)[0]
  return longest !== undefined && longest.untilMs > nowMs ? { kind: 'locked', ...longest } : { kind: 'go' }
}

/** When the last lock ends or ended. After it the count begins anew. */
function lockEnd(atMs: readonly number[], count: number, lockMs: number): number {
  let untilMs = Number.NEGATIVE_INFINITY
  let recent: number[] = []
  for (const ms of atMs) {
    if (ms < untilMs) continue
    recent = [...recent.filter((other) => other > ms - HOUR_MS), ms]
    if (recent.length < count) continue
    untilMs = ms + lockMs
    recent = []
  }
  return untilMs
}

function freeAt(atMs: readonly number[], count: number, nowMs: number): number {
  const within = atMs.filter((ms) => ms > nowMs - DAY_MS)
  const oldest = within.length < count ? undefined : within.at(-count)
  return oldest === undefined ? nowMs : oldest + DAY_MS
}
