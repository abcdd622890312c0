/** How often codes may be asked for. */
export interface PaceLimits {
  /** Seconds between two codes for one officer, asked for from one source. */
  readonly resendS: number
  readonly perOfficerQuarterHour: number
  readonly perOfficerDay: number
  readonly perPhoneHour: number
  readonly perSourceQuarterHour: number
  /** Of all strangers together. */
  readonly perMinute: number
}

/** When codes were asked for, in milliseconds since 1970; older ones than a day may be left out. */
export interface PaceHistory {
  /** For this number from this source. */
  readonly pair: readonly number[]
  /** For this number: from this source where it is known, else from all strangers. */
  readonly officer: readonly number[]
  readonly phone: readonly number[]
  readonly source: readonly number[]
  readonly all: readonly number[]
}

export type PaceVerdict =
  | { readonly kind: 'go' }
  /** Too soon or too often by what the asker knows himself: said openly, for a BHXH number on the list and for any other alike. */
  | { readonly kind: 'wait'; readonly why: 'resend' | 'officer' | 'source' | 'all'; readonly untilMs: number }
  /** Too often for the phone: only a number on the list has one, so nothing is said and nothing is sent. */
  | { readonly kind: 'silent' }

const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Whether a code may be asked for now, and if not, from when on. */
export function judgePace(history: PaceHistory, limits: PaceLimits, nowMs: number): PaceVerdict {
  const waits = [
    { why: 'resend' as const, untilMs: freeAt(history.pair, 1, limits.resendS * 1000, nowMs) },
    { why: 'officer' as const, untilMs: freeAt(history.officer, limits.perOfficerQuarterHour, QUARTER_MS, nowMs) },
    { why: 'officer' as const, untilMs: freeAt(history.officer, limits.perOfficerDay, DAY_MS, nowMs) },
    { why: 'source' as const, untilMs: freeAt(history.source, limits.perSourceQuarterHour, QUARTER_MS, nowMs) },
    { why: 'all' as const, untilMs: freeAt(history.all, limits.perMinute, MINUTE_MS, nowMs) },
  ]
  const longest = waits.sort((one, other) => other.untilMs - one.untilMs)[0]
  if (longest !== undefined && longest.untilMs > nowMs) return { kind: 'wait', ...longest }
  return freeAt(history.phone, limits.perPhoneHour, HOUR_MS, nowMs) > nowMs ? { kind: 'silent' } : { kind: 'go' }
}

/** From when on fewer than `count` of these lie within the window before. What lies in the future (a clock that was set back) counts as now. */
function freeAt(atMs: readonly number[], count: number, windowMs: number, nowMs: number): number {
  const within = atMs.map((ms) => Math.min(ms, nowMs)).filter((ms) => ms > nowMs - windowMs)
  if (within.length < count) return nowMs
  const oldest = within.sort((one, other) => other - one)[count - 1] ?? nowMs
  return oldest + windowMs
}
