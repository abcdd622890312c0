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

/** Rows as CSV (RFC 4180), the busiest first. Text from clients can begin no formula. */
export function rehearsalCsv(rows: readonly RehearsalRow[]): string {
  const lines = busiestFirst(rows).map((row) => {
    const told = { ...row, rule: ruleOf(row), firstAt: portalTimeText(row.firstMs), lastAt: portalTimeText(row.lastMs) }
    return COLUMNS.map((column) => cellOf(told[column])).join()
  })
  return `${[COLUMNS.join(), ...lines].join('\r\n')}\r\n`
}

/** A JSON line each. */
export function rehearsalJson(rows: readonly RehearsalRow[]): string {
  return busiestFirst(rows)
    .map(({ firstMs, lastMs, ...row }) => ({
      rule: ruleOf({ ...row, firstMs, lastMs }),
      ...row,
      firstAt: portalTimeText(firstMs),
      lastAt: portalTimeText(lastMs),
    }))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('')
}

export function busiestFirst(rows: readonly RehearsalRow[]): readonly RehearsalRow[] {
  return rows.toSorted((a, b) => b.would + b.refused - a.would - a.refused || b.lastMs - a.lastMs)
}

function cellOf(value: string | number | null): string {
  const text = value === null ? '' : String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
