import { GATE_REASONS } from '../../rules/gate/gate-reason.ts'
import { provinceLabel } from '../../rules/provinces/province-names.ts'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { REPORT_HEAD } from '../replay/report-style.ts'
import { type Html, html } from '../status/html.ts'
import type { RehearsalRow } from './rehearsal-book.ts'
import { busiestFirst } from './rehearsal-text.ts'

/** Rows shown one by one; all of them count in the sums. */
const MAX_ROWS = 1000

/** What will be refused, for a facility or a province to read: one page that needs nothing but itself. Vietnamese first. */
export function rehearsalPage(rows: readonly RehearsalRow[], sinceMs: number): string {
  const page = html`<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>Edgeward · Diễn tập</title>${REPORT_HEAD}</head><body>
<header><h1>Diễn tập: những gì sẽ bị từ chối <small lang="en">Rehearsal: what will be refused</small></h1><small>từ ${portalTimeText(sinceMs)}</small></header>
<main>${reasonsOf(rows)}${provincesOf(rows)}${rowsOf(rows)}</main></body></html>`
  return `${page.text}\n`
}

function reasonsOf(rows: readonly RehearsalRow[]): Html {
  const sums = sumsBy(rows, ({ reason }) => reason)
  return html`<h2>Phải sửa gì <small lang="en">What to change</small></h2>${sums.map(([reason, sum]) => {
    const { vi, en } = GATE_REASONS[reason as keyof typeof GATE_REASONS]
    return html`<div class="case"><h3><code>${reason}</code> · ${sum.facilities.size} cơ sở · ${sum.would + sum.refused}</h3><p>${vi}</p><p lang="en">${en}</p></div>`
  })}`
}

function provincesOf(rows: readonly RehearsalRow[]): Html {
  const sums = sumsBy(rows, ({ province, lastMs }) => (province === null ? '–' : provinceLabel(province, lastMs)))
  return html`<h2>Theo tỉnh <small lang="en">By province</small></h2><div class="scroll"><table><thead><tr><th>Tỉnh</th><th class="n">Cơ sở</th><th class="n">Sẽ bị từ chối</th><th class="n">Đã từ chối</th></tr></thead><tbody>${sums.map(
    ([name, { facilities, would, refused }]) =>
      html`<tr><td>${name}</td><td class="n">${facilities.size}</td><td class="n">${would}</td><td class="n">${refused}</td></tr>`,
  )}</tbody></table></div>`
}

function rowsOf(rows: readonly RehearsalRow[]): Html {
  const shown = busiestFirst(rows).slice(0, MAX_ROWS)
  return html`<h2>Chi tiết <small lang="en">Details</small></h2><p>${shown.length} / ${rows.length}</p><div class="scroll"><table><thead><tr><th>Lý do</th><th>Cơ sở</th><th>Tài khoản</th><th>Chức năng</th><th>Địa chỉ</th><th>Phần mềm</th><th class="n">Sẽ / đã</th><th>Lần cuối</th></tr></thead><tbody>${shown.map(
    (row) =>
      html`<tr><td><code>${row.reason}</code></td><td>${row.facility ?? '–'}</td><td><code>${row.account ?? '–'}</code></td><td>${row.function}</td><td><code>${row.source}</code></td><td>${row.client}</td><td class="n">${row.would} / ${row.refused}</td><td>${portalTimeText(row.lastMs)}</td></tr>`,
  )}</tbody></table></div>`
}

interface Sum {
  readonly facilities: Set<string>
  would: number
  refused: number
}

function sumsBy(rows: readonly RehearsalRow[], keyOf: (row: RehearsalRow) => string): readonly (readonly [string, Sum])[] {
  const sums = new Map<string, Sum>()
  for (const row of rows) {
    const sum = sums.get(keyOf(row)) ?? { facilities: new Set(), would: 0, refused: 0 }
    sums.set(keyOf(row), sum)
    if (row.facility !== null) sum.facilities.add(row.facility)
    sum.would += row.would
    sum.refused += row.refused
  }
  return [...sums].sort(([, a], [, b]) => b.would + b.refused - a.would - a.refused)
}
