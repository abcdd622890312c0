import { portalDay } from '../../rules/detect/portal-day.ts'
import type { DayPeriod } from '../../rules/rehearsal/portal-period.ts'
import type { DayCount } from '../../rules/rehearsal/rehearsed-row.ts'

/** Numbers that each day of a row takes: day, would, refused, first and last millisecond, number of the last change. */
export const DAY_WIDTH = 6
const CHANGE = 5

/** Days of a row in one list of numbers, oldest first: an object for each would take several times the room. */
export type PackedDays = number[]

/** What was counted on one day, and when. */
export interface TimedDay extends DayCount {
  readonly firstMs: number
  readonly lastMs: number
}

/** What is counted on a day. */
export interface CountedRequest {
  readonly atMs: number
  readonly isRefused: boolean
  /** Requests that are alike; 1 if nobody says. */
  readonly times?: number | undefined
  /** Rises with each request that the book counts. */
  readonly change: number
}

/**
 * Counts one request, or several of one instant. Days may come late or out of order: clocks are set, and logs are read as they lie.
 * @param maxDays the oldest make room
 */
export function countDay(days: PackedDays, { atMs, isRefused, times = 1, change }: CountedRequest, maxDays: number): void {
  const day = portalDay(atMs)
  let at = days.length - DAY_WIDTH
  while (at >= 0 && (days[at] as number) > day) at -= DAY_WIDTH
  if (at < 0 || days[at] !== day) {
    at += DAY_WIDTH
    days.splice(at, 0, day, 0, 0, atMs, atMs, change)
    if (days.length > maxDays * DAY_WIDTH) {
      days.splice(0, DAY_WIDTH)
      if (at === 0) return
      at -= DAY_WIDTH
    }
  }
  const counted = at + (isRefused ? 2 : 1)
  days[counted] = (days[counted] as number) + times
  if (atMs < (days[at + 3] as number)) days[at + 3] = atMs
  if (atMs > (days[at + 4] as number)) days[at + 4] = atMs
  days[at + CHANGE] = change
}

export function unpackDays(days: PackedDays): readonly TimedDay[] {
  return daysAfter(days, Number.NEGATIVE_INFINITY)
}

/** The days whose last change came after number `since`. */
export function daysAfter(days: PackedDays, since: number): readonly TimedDay[] {
  const found: TimedDay[] = []
  for (let at = 0; at < days.length; at += DAY_WIDTH) {
    const [day = 0, would = 0, refused = 0, firstMs = 0, lastMs = 0, change = 0] = days.slice(at, at + DAY_WIDTH)
    if (change > since) found.push({ day, would, refused, firstMs, lastMs })
  }
  return found
}

/** Gives all days one number of change: after a restart everything is news. */
export function renumberDays(days: PackedDays, change: number): void {
  for (let at = CHANGE; at < days.length; at += DAY_WIDTH) days[at] = change
}

/** The days that lie in a period. */
export function daysWithin(days: PackedDays, { fromDay, toDay }: DayPeriod): readonly TimedDay[] {
  return unpackDays(days).filter(({ day }) => day >= fromDay && day <= toDay)
}
