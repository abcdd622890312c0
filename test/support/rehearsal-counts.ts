import type { RehearsalCount, RehearsalCounts } from '../../rules/rehearsal/rehearsal-counts.ts'
import type { RehearsedRow } from '../../rules/rehearsal/rehearsed-row.ts'

/** What an edge counted on one day, except for what `own` says. */
export function aRehearsalCount(own: Partial<RehearsalCount> = {}): RehearsalCount {
  return {
    day: '2026-11-22',
    reason: 'SHARED_ACCOUNT',
    province: '01',
    facility: '01234',
    account: '01234_BV',
    function: 'KQNhanLichSuKCB2024',
    source: '203.0.113.7',
    client: 'HIS/1.0',
    would: 1,
    refused: 0,
    firstAt: Date.parse('2026-11-22T08:00:00+07:00') / 1000,
    lastAt: Date.parse('2026-11-22T09:00:00+07:00') / 1000,
    ...own,
  }
}

/** A message with these counts. */
export function someRehearsalCounts(counts: readonly RehearsalCount[], own: Partial<RehearsalCounts> = {}): RehearsalCounts {
  const judged: RehearsalCounts['judged'] = ['suspended', 'retired', 'unnamed', 'shared', 'throttled', 'rate']
  return { policy: null, judged, unlisted: 0, ...own, counts: [...counts] }
}

/** A row of a rehearsal, except for what `own` says. */
export function aRehearsedRow(own: Partial<RehearsedRow> = {}): RehearsedRow {
  const { day: _day, firstAt, lastAt, ...count } = aRehearsalCount()
  return { ...count, firstMs: firstAt * 1000, lastMs: lastAt * 1000, would: 0, ...own }
}
