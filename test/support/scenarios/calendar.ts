const DAY_MS = 86_400_000
/** The portal's zone has no daylight saving time. */
const OFFSET_MS = 7 * 3_600_000

/** Share of a weekday's visits, from Sunday. */
const WEEK = [0.15, 1.3, 1.1, 1.05, 1, 0.95, 0.45]

/** Days of the Tết holiday of 2026 and the four after it: almost nobody, then everybody at once. */
const TET: Readonly<Record<string, number>> = {
  '2026-02-14': 0.3,
  '2026-02-15': 0.1,
  '2026-02-16': 0.08,
  '2026-02-17': 0.05,
  '2026-02-18': 0.06,
  '2026-02-19': 0.08,
  '2026-02-20': 0.1,
  '2026-02-21': 0.15,
  '2026-02-22': 0.2,
  '2026-02-23': 2.1,
  '2026-02-24': 1.8,
  '2026-02-25': 1.5,
  '2026-02-26': 1.3,
}

/** How many visits the day that begins at `startMs` in Vietnam has, beside an ordinary Thursday. */
export function dayFactor(startMs: number): number {
  const local = new Date(startMs + OFFSET_MS)
  return TET[local.toISOString().slice(0, 10)] ?? WEEK[local.getUTCDay()] ?? 1
}

/** The beginnings of `days` days, from the one that begins at `startMs`. */
export function daysFrom(startMs: number, days: number): number[] {
  return Array.from({ length: days }, (_, day) => startMs + day * DAY_MS)
}
