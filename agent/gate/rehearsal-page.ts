import { GATE_REASONS, type GateReason } from '../../rules/gate/gate-reason.ts'
import { type DayPeriod, periodWords } from '../../rules/rehearsal/portal-period.ts'
import { REASON_WORDS } from '../../rules/rehearsal/reason-words.ts'
import { COUNT_WORDS, type CountKind, provinceKey } from '../../rules/rehearsal/rehearsal-sheets.ts'
import { type RehearsalSum, sumsBy } from '../../rules/rehearsal/rehearsal-sums.ts'
import { busiestFirst, clientWords, type DayCount, type RehearsedRow } from '../../rules/rehearsal/rehearsed-row.ts'
import { both, type Column, count, fact, section, table, timeOf } from '../replay/report-parts.ts'
import { dayPlot } from '../replay/report-plots.ts'
import { REPORT_HEAD } from '../replay/report-style.ts'
import { type Html, html } from '../status/html.ts'

/** Rows shown one by one; all of them count in the sums. */
const MAX_ROWS = 1000
/** Sums shown of one kind, and names in one line. */
const MAX_SUMS = 100
const MAX_NAMES = 12

/** What the page is about. */
export interface RehearsalAbout {
  /** Since when was counted. */
  readonly sinceMs: number
  readonly period: DayPeriod | undefined
  /** Where the counts come from. */
  readonly kind: CountKind
  /** The one that it is made for. */
  readonly facility: string | undefined
}

/** What will be refused, for a facility or a province to read: one page that needs nothing but itself, on screen, phone and A4. Vietnamese first. */
export function rehearsalPage(rows: readonly RehearsedRow[], days: readonly DayCount[], about: RehearsalAbout): string {
  const page = html`<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>Edgeward · Diễn tập chính sách tài khoản</title>${REPORT_HEAD}</head><body>
<header><h1>${both('Diễn tập chính sách tài khoản: những gì sẽ bị từ chối', 'Rehearsal of the account policy: what will be refused')}</h1><small>${aboutText(about)}</small></header>
<main>${rows.length === 0 ? emptyState() : html`${stateOf(rows, about)}${reasonsOf(rows, about)}${daysOf(days, about)}${sumsOf(rows, about)}${rowsOf(rows, about)}`}</main></body></html>`
  return `${page.text}\n`
}

function aboutText({ sinceMs, period, facility }: RehearsalAbout): Html {
  const since = html`${both('đếm từ', 'counted since')} ${timeOf(sinceMs)}`
  const days = html`${both('các ngày', 'days')} ${period === undefined ? '' : periodWords(period)}`
  return html`${facility === undefined ? html`` : html`${both('Cơ sở', 'Facility')} <code>${facility}</code> · `}${period === undefined ? since : days} · ${both('giờ Việt Nam', 'Vietnam time')}`
}

function emptyState(): Html {
  return html`<div class="state good"><p><strong>${both('Không có yêu cầu nào sẽ bị từ chối trong thời gian này.', 'Nothing of this period would be refused.')}</strong></p><p>${both(
    'Nếu điều này bất thường: kiểm tra thời gian đã chọn, mã cơ sở, và cổng có đang nhận yêu cầu hay không.',
    'If that is a surprise: check the days, the facility, and whether the gate is being asked.',
  )}</p></div>`
}

function stateOf(rows: readonly RehearsedRow[], { kind }: RehearsalAbout): Html {
  const facilities = new Set(rows.map(({ facility }) => facility)).size
  const words = COUNT_WORDS[kind]
  const told = (key: 'would' | 'refused'): Html =>
    html`${both(words[key].vi, words[key].en.toLowerCase())}: <strong>${count(sum(rows, key))}</strong>`
  const untold = rows.filter(({ client }) => client === null)
  return html`<div class="state ${sum(rows, 'refused') > 0 ? 'bad' : 'wait'}"><p>${told('would')} · ${told('refused')} ${both('lượt', 'requests')} · ${count(facilities)} ${both('cơ sở', 'facilities')}</p>${untold.length === 0 ? '' : untoldNote(sum(untold, 'would') + sum(untold, 'refused'))}</div>`
}

/** Some logs tell the client software, others do not: nobody shall take the part for the whole. */
function untoldNote(requests: number): Html {
  return html`<p>${both(
    `Nhật ký không ghi phần mềm của ${count(requests)} lượt: các con số theo phần mềm chưa đủ.`,
    `Logs do not tell the client software of ${count(requests)} of them: figures by client software are not whole.`,
  )}</p>`
}

function reasonsOf(rows: readonly RehearsedRow[], { kind }: RehearsalAbout): Html {
  const { would, refused } = COUNT_WORDS[kind]
  const cases = sumsBy(rows, ({ reason }) => reason).map((one) => {
    const own = rows.filter(({ reason }) => reason === one.key)
    const { vi, en, todoVi, todoEn } = REASON_WORDS[one.key as GateReason]
    const names = (titleVi: string, titleEn: string, keyOf: (row: RehearsedRow) => string): Html =>
      fact(titleVi, titleEn, namesOf(sumsBy(own, keyOf)))
    return html`<article class="case"><header><h3>${both(vi, en)}</h3><p><strong>${todoVi}</strong></p><p lang="en">${todoEn}</p></header>
<dl>${fact(`${would.vi} / ${refused.vi.toLowerCase()}`, `${would.en} / ${refused.en.toLowerCase()}`, `${count(one.would)} / ${count(one.refused)}`)}
${fact('Lần đầu – lần cuối', 'First – last seen', `${timeOf(one.firstMs)} – ${timeOf(one.lastMs)}`)}
${fact('Số cơ sở', 'Facilities', count(one.facilities))}
${names('Tài khoản', 'Accounts', ({ account }) => account ?? '–')}
${names('Chức năng', 'Functions', ({ function: called }) => called)}
${names('Phần mềm', 'Client software', clientWords)}
${names('Địa chỉ IP', 'Addresses', ({ source }) => source ?? '–')}
${fact('Mã lý do', 'Code', html`<code>${one.key}</code>`)}</dl></article>`
  })
  return section(both('Phải sửa gì', 'What to change'), html`${cases}`)
}

function namesOf(sums: readonly RehearsalSum[]): Html {
  const shown = sums.slice(0, MAX_NAMES).map(({ key, would, refused }) => html`<code>${key}</code> (${count(would + refused)}) `)
  return html`${shown}${sums.length > MAX_NAMES ? html`… + ${count(sums.length - MAX_NAMES)}` : html``}`
}

function daysOf(days: readonly DayCount[], { kind }: RehearsalAbout): Html {
  return days.length === 0 ? html`` : section(both('Theo ngày', 'By day'), dayPlot(days, COUNT_WORDS[kind]))
}

function sumsOf(rows: readonly RehearsedRow[], { facility, kind }: RehearsalAbout): Html {
  const { would, refused } = COUNT_WORDS[kind]
  const kinds: readonly (readonly [string, string, (row: RehearsedRow) => string])[] = [
    ...(facility === undefined
      ? ([
          ['Tỉnh', 'Province', provinceKey],
          ['Cơ sở', 'Facility', (row: RehearsedRow) => row.facility ?? '–'],
        ] as const)
      : []),
    ['Chức năng', 'Function', ({ function: called }) => called],
    ['Phần mềm', 'Client software', clientWords],
  ]
  return html`${kinds.map(([vi, en, keyOf]) => {
    const sums = sumsBy(rows, keyOf)
    const isSeveral = facility === undefined && vi !== 'Cơ sở'
    const columns: readonly Column[] = [
      { vi, en },
      ...(isSeveral ? [{ vi: 'Số cơ sở', en: 'Facilities', isNumber: true }] : []),
      { ...would, isNumber: true },
      { ...refused, isNumber: true },
      { vi: 'Lần cuối', en: 'Last seen' },
    ]
    const lines = sums
      .slice(0, MAX_SUMS)
      .map((one) => [
        one.key,
        ...(isSeveral ? [count(one.facilities)] : []),
        count(one.would),
        count(one.refused),
        timeOf(one.lastMs),
      ])
    const all = [both('Tổng', 'Sum'), ...(isSeveral ? [''] : []), count(sum(rows, 'would')), count(sum(rows, 'refused')), '']
    const rest = sums.length > MAX_SUMS ? html`<p>… + ${count(sums.length - MAX_SUMS)}</p>` : html``
    return section(both(`Theo ${vi.toLowerCase()}`, `By ${en.toLowerCase()}`), html`${table(columns, lines, all)}${rest}`)
  })}`
}

function rowsOf(rows: readonly RehearsedRow[], { kind }: RehearsalAbout): Html {
  const { would, refused } = COUNT_WORDS[kind]
  const shown = busiestFirst(rows).slice(0, MAX_ROWS)
  const columns: readonly Column[] = [
    { vi: 'Lý do · chức năng', en: 'Reason · function' },
    { vi: 'Cơ sở · tài khoản', en: 'Facility · account' },
    { vi: 'Địa chỉ · phần mềm', en: 'Address · software' },
    { vi: `${would.vi} / ${refused.vi.toLowerCase()}`, en: `${would.en} / ${refused.en.toLowerCase()}`, isNumber: true },
    { vi: 'Lần cuối', en: 'Last seen' },
  ]
  const lines = shown.map((row) => [
    html`${REASON_WORDS[row.reason].vi}<br>${row.function} <small>(${GATE_REASONS[row.reason].rule})</small>`,
    html`${row.facility ?? '–'}<br><code>${row.account ?? '–'}</code>`,
    html`<code>${row.source ?? '–'}</code><br>${clientWords(row)}`,
    `${count(row.would)} / ${count(row.refused)}`,
    timeOf(row.lastMs),
  ])
  const part = rows.length > shown.length ? html`<p>${count(shown.length)} / ${count(rows.length)}</p>` : html``
  return section(both('Chi tiết', 'Details'), html`${part}${table(columns, lines)}`)
}

function sum(rows: readonly RehearsedRow[], key: 'would' | 'refused'): number {
  return rows.reduce((all, row) => all + row[key], 0)
}
