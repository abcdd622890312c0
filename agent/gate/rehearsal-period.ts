import type { DayPeriod } from '../../rules/rehearsal/portal-period.ts'
import type { DayCount } from '../../rules/rehearsal/rehearsed-row.ts'
import type { RehearsalRow } from './rehearsal-book.ts'
import { daysWithin, unpackDays } from './rehearsal-days.ts'

/** Rows as they would be had nothing been counted outside the period; those of which nothing is left go. */
export function rowsWithin(rows: readonly RehearsalRow[], period: DayPeriod | undefined): readonly RehearsalRow[] {
  if (period === undefined) return rows
  return rows.flatMap((row) => {
    const days = daysWithin(row.days, period)
    const [first, last] = [days[0], days.at(-1)]
    if (first === undefined || last === undefined) return []
    const sum = (key: 'would' | 'refused'): number => days.reduce((all, day) => all + day[key], 0)
    return [{ ...row, would: sum('would'), refused: sum('refused'), firstMs: first.firstMs, lastMs: last.lastMs }]
  })
}

/** What all rows counted on each day. */
export function* dayCounts(rows: readonly RehearsalRow[], period: DayPeriod | undefined): Generator<DayCount> {
  for (const { days } of rows) yield* period === undefined ? unpackDays(days) : daysWithin(days, period)
}
