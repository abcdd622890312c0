import type { DayCount, RehearsedRow } from './rehearsed-row.ts'

/** What the rows of one province, facility, function … have in common. */
export interface RehearsalSum {
  readonly key: string
  readonly facilities: number
  readonly would: number
  readonly refused: number
  readonly firstMs: number
  readonly lastMs: number
}

/** Rows added up by a key, the busiest first. Every row counts in one sum. */
export function sumsBy<T extends RehearsedRow>(rows: readonly T[], keyOf: (row: T) => string): readonly RehearsalSum[] {
  const sums = new Map<string, Adding>()
  for (const row of rows) {
    const key = keyOf(row)
    const sum = sums.get(key) ?? { facilities: new Set(), would: 0, refused: 0, firstMs: row.firstMs, lastMs: row.lastMs }
    sums.set(key, sum)
    if (row.facility !== null) sum.facilities.add(row.facility)
    sum.would += row.would
    sum.refused += row.refused
    if (row.firstMs < sum.firstMs) sum.firstMs = row.firstMs
    if (row.lastMs > sum.lastMs) sum.lastMs = row.lastMs
  }
  return [...sums]
    .map(([key, { facilities, ...sum }]) => ({ key, facilities: facilities.size, ...sum }))
    .sort((a, b) => b.would + b.refused - a.would - a.refused || b.lastMs - a.lastMs)
}

/** Counts of days added up, in order; days between the first and the last on which nothing was counted stand there with 0. */
export function sumDays(counts: Iterable<DayCount>): readonly DayCount[] {
  const days = new Map<number, { day: number; would: number; refused: number }>()
  for (const { day, would, refused } of counts) {
    const sum = days.get(day)
    if (sum === undefined) days.set(day, { day, would, refused })
    else {
      sum.would += would
      sum.refused += refused
    }
  }
  const known = [...days.keys()].sort((a, b) => a - b)
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return []
  return Array.from({ length: last - first + 1 }, (_, at) => days.get(first + at) ?? { day: first + at, would: 0, refused: 0 })
}

interface Adding {
  readonly facilities: Set<string>
  would: number
  refused: number
  firstMs: number
  lastMs: number
}
