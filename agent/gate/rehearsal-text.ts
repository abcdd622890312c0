import { GATE_REASONS } from '../../rules/gate/gate-reason.ts'
import { lineOf } from '../../rules/rehearsal/plain-sheet.ts'
import { busiestFirst, NO_CLIENT } from '../../rules/rehearsal/rehearsed-row.ts'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { type RehearsalRow, ruleOf } from './rehearsal-book.ts'

const COLUMNS = [
  'rule',
  'reason',
  'province',
  'facility',
  'account',
  'function',
  'source',
  'client',
  'would',
  'refused',
  'firstAt',
  'lastAt',
] as const

/** Rows as CSV (RFC 4180), the busiest first, for programs: names of columns are stable. Text from clients can begin no formula. */
export function rehearsalCsv(rows: readonly RehearsalRow[]): string {
  const lines = busiestFirst(rows).map((row) => {
    const client = row.client ?? NO_CLIENT.untold
    const told = { ...row, client, rule: ruleOf(row), firstAt: portalTimeText(row.firstMs), lastAt: portalTimeText(row.lastMs) }
    return lineOf(COLUMNS.map((column) => told[column]))
  })
  return `${lineOf(COLUMNS)}${lines.join('')}`
}

/** A JSON line each; `client` is `null` where a log of the past does not tell it. */
export function rehearsalJson(rows: readonly RehearsalRow[]): string {
  return busiestFirst(rows)
    .map(({ firstMs, lastMs, days: _days, token: _token, ...row }) => ({
      rule: GATE_REASONS[row.reason].rule,
      ...row,
      firstAt: portalTimeText(firstMs),
      lastAt: portalTimeText(lastMs),
    }))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('')
}
