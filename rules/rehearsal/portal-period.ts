import { portalDay } from '../detect/portal-day.ts'

const DAY_MS = 86_400_000

/** Days of the portal's zone (UTC+7), both of them included; days since 1970. */
export interface DayPeriod {
  readonly fromDay: number
  readonly toDay: number
}

/** 1970-01-01 and 9999-12-31: a period without a beginning, or without an end. */
export const FIRST_DAY = 0
export const LAST_DAY = 2_932_896

/** `2026-11-22` as days since 1970; `undefined` for what is no day. */
export function findDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00Z`)
  // JavaScript takes 30 February for 1 March.
  return Number.isNaN(ms) || dayText(ms / DAY_MS) !== text ? undefined : ms / DAY_MS
}

/** `2026-11-22`. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** `22/11/2026`, as people write it. */
export function dayWords(day: number): string {
  return dayText(day).split('-').reverse().join('/')
}

/** `01/11/2026 – 22/11/2026`; an end that is none is left out. */
export function periodWords({ fromDay, toDay }: DayPeriod): string {
  return `${fromDay === FIRST_DAY ? '…' : dayWords(fromDay)} – ${toDay === LAST_DAY ? '…' : dayWords(toDay)}`
}

/** Whether an instant lies in the period. */
export function isWithin(atMs: number, { fromDay, toDay }: DayPeriod): boolean {
  const day = portalDay(atMs)
  return day >= fromDay && day <= toDay
}
