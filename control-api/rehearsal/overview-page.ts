import type { GateReason } from '../../rules/gate/gate-reason.ts'
import { GATE_RULES } from '../../rules/gate/gate-rule.ts'
import { dayText } from '../../rules/rehearsal/portal-period.ts'
import { provinceWords } from '../../rules/rehearsal/province-words.ts'
import { REASON_WORDS } from '../../rules/rehearsal/reason-words.ts'
import { COUNT_WORDS } from '../../rules/rehearsal/rehearsal-sheets.ts'
import { type RehearsalSum, sumsBy } from '../../rules/rehearsal/rehearsal-sums.ts'
import { clientWords } from '../../rules/rehearsal/rehearsed-row.ts'
import { createRuleTerms } from '../../rules/rehearsal/rule-term.ts'
import { cardTable } from '../pages/card-table.ts'
import { type Html, type HtmlPiece, html } from '../pages/html.ts'
import { both, notice } from '../pages/page.ts'
import type { PolicyInForce } from '../policy/policy-in-force.ts'
import type { CountingEdge } from './count-view.ts'
import { termWords } from './facility-page.ts'
import { count, dayPlot, timeWords } from './page-parts.ts'
import type { CountFilter, CountRow, FoundCounts } from './read-counts.ts'

/** Facilities, functions and client software that are shown; the files hold all. */
const MOST_SHOWN = 200
const { would: WOULD, refused: REFUSED } = COUNT_WORDS.gate

export interface OverviewPage {
  readonly filter: CountFilter
  readonly found: FoundCounts
  readonly edges: readonly CountingEdge[]
  readonly inForce: PolicyInForce
  /** Names of facilities, by their registrations. */
  readonly names: ReadonlyMap<string, string>
  /** Whether the reader sees more than one province. */
  readonly isCentral: boolean
  readonly nowMs: number
}

/** What rules refuse or would refuse, for central IT and for a province. */
export function overviewBody(page: OverviewPage): Html {
  const { found, edges, isCentral } = page
  const { rows, days } = found
  if (edges.length === 0)
    return notice('info', {
      vi: 'Chưa cổng nào gửi số liệu của thời gian này. Số liệu đến sau ít phút khi cổng đã bật (gate.socket) và đã kết nối.',
      en: 'No edge has told anything of this time. Figures come within minutes once a gate is on and its edge is connected.',
    })
  if (rows.length === 0)
    return html`${notice('good', {
      vi: 'Trong thời gian này không có yêu cầu nào bị hoặc sẽ bị từ chối.',
      en: 'In this time nothing was refused or would be.',
    })}${edgeTable(edges)}`
  const cut = found.isCut ? notice('info', CUT) : ''
  return html`${cut}${stateOf(rows)}<h2>${both({ vi: 'Theo quy định', en: 'By reason' })}</h2>${reasonTable(page)}
<h2>${both({ vi: 'Theo ngày', en: 'By day' })}</h2>${dayPlot(days)}
${isCentral ? html`<h2>${both({ vi: 'Theo tỉnh', en: 'By province' })}</h2>${provinceTable(page)}` : ''}
<h2>${both({ vi: 'Theo cơ sở', en: 'By facility' })}</h2>${facilityTable(page)}
<h2>${both({ vi: 'Theo chức năng', en: 'By function' })}</h2>${sumTable({ vi: 'Chức năng', en: 'Function' }, rows, ({ function: called }) => called)}
<h2>${both({ vi: 'Theo phần mềm', en: 'By client software' })}</h2>${sumTable({ vi: 'Phần mềm (User-Agent)', en: 'Client software' }, rows, clientWords)}
${edgeTable(edges)}`
}

const CUT = {
  vi: 'Có nhiều dòng hơn mức hiển thị; hãy chọn một tỉnh hoặc ít ngày hơn.',
  en: 'There are more rows than are told apart; choose a province or fewer days.',
} as const

function stateOf(rows: readonly CountRow[]): Html {
  const sum = (key: 'would' | 'refused'): string => count(rows.reduce((all, row) => all + row[key], 0))
  const facilities = new Set(rows.map(({ facility }) => facility)).size
  return html`<div class="state"><p>${both(WOULD)}: <strong>${sum('would')}</strong> · ${both(REFUSED)}: <strong>${sum('refused')}</strong> · ${both({ vi: 'cơ sở', en: 'facilities' })}: <strong>${count(facilities)}</strong></p></div>`
}

const COUNTS = [
  { vi: 'Số cơ sở', en: 'Facilities', isNumber: true },
  { ...WOULD, isNumber: true },
  { ...REFUSED, isNumber: true },
  { vi: 'Lần cuối', en: 'Last seen' },
]
const countsOf = ({ facilities, would, refused, lastMs }: RehearsalSum): HtmlPiece[] => [
  count(facilities),
  count(would),
  count(refused),
  timeWords(lastMs),
]

function reasonTable({ found, inForce, nowMs }: OverviewPage): Html {
  const termOf = createRuleTerms(inForce.policy, nowMs)
  const columns = [{ vi: 'Quy định', en: 'Rule' }, { vi: 'Theo chính sách', en: 'By the policy' }, ...COUNTS]
  const lines = sumsBy(found.rows, ({ reason }) => reason).map((sum) => {
    const reason = sum.key as GateReason
    // Functions of one rule may stop at different dates: that of the busiest is told.
    const own = found.rows.filter((row) => row.reason === reason)
    const called = sumsBy(own, (row) => row.function)[0]?.key ?? ''
    const nobody = { reason, function: called, facility: null, province: null, account: null }
    return [html`${both(REASON_WORDS[reason])}<code>${reason}</code>`, both(termWords(termOf(nobody), nowMs)), ...countsOf(sum)]
  })
  return cardTable(columns, lines)
}

function provinceTable({ found, filter, nowMs }: OverviewPage): Html {
  const lines = sumsBy(found.rows, ({ managing }) => managing ?? '').map((sum) => [
    sum.key === ''
      ? both({ vi: 'không rõ cơ sở', en: 'facility not told' })
      : html`<a href="/console/rehearsal?${queryOf(filter, { province: sum.key })}">${provinceWords(sum.key, nowMs)}</a>`,
    ...countsOf(sum),
  ])
  return cardTable([{ vi: 'Tỉnh', en: 'Province' }, ...COUNTS], lines)
}

function facilityTable({ found, filter, names }: OverviewPage): Html {
  const columns = [{ vi: 'Cơ sở', en: 'Facility' }, { vi: 'Quy định', en: 'Rules' }, ...COUNTS.slice(1)]
  const reasons = new Map<string, Set<GateReason>>()
  for (const { facility, reason } of found.rows)
    reasons.set(facility ?? '', (reasons.get(facility ?? '') ?? new Set<GateReason>()).add(reason))
  const sums = sumsBy(found.rows, ({ facility }) => facility ?? '')
  const lines = sums
    .slice(0, MOST_SHOWN)
    .map((sum) => [
      sum.key === ''
        ? both({ vi: 'không rõ', en: 'not told' })
        : html`<a href="/console/rehearsal/facility?${queryOf(filter, { facility: sum.key })}">${sum.key}</a> ${names.get(sum.key) ?? ''}`,
      html`${[...(reasons.get(sum.key) ?? [])].map((reason) => html`<div>${REASON_WORDS[reason].vi}</div>`)}`,
      ...countsOf(sum).slice(1),
    ])
  return html`${cardTable(columns, lines)}${rest(sums.length)}`
}

function sumTable(title: { vi: string; en: string }, rows: readonly CountRow[], keyOf: (row: CountRow) => string): Html {
  const sums = sumsBy(rows, keyOf)
  const lines = sums.slice(0, MOST_SHOWN).map((sum) => [html`<code>${sum.key}</code>`, ...countsOf(sum)])
  return html`${cardTable([title, ...COUNTS], lines)}${rest(sums.length)}`
}

function rest(all: number): Html {
  return all <= MOST_SHOWN
    ? html``
    : html`<p>${both({ vi: `và ${count(all - MOST_SHOWN)} dòng khác, có trong tệp tải về`, en: 'more stand in the files' })}</p>`
}

/** Which edges these figures are from, and what they do not count: a rule that is off somewhere finds nothing there. */
function edgeTable(edges: readonly CountingEdge[]): Html {
  const lines = edges.map(({ name, toldAt, days, policy, judged, unlisted, dropped }) => {
    const silent = GATE_RULES.filter((rule) => !judged.includes(rule))
    return [
      name,
      `${timeWords(Date.parse(toldAt))} (${count(days)} ngày)`,
      policy === null ? both({ vi: 'mặc định', en: 'shipped' }) : String(policy),
      silent.length === 0 ? both({ vi: 'không', en: 'none' }) : html`<code>${silent.join(' ')}</code>`,
      count(unlisted + dropped),
    ]
  })
  const columns = [
    { vi: 'Cổng', en: 'Edge' },
    { vi: 'Báo lần cuối', en: 'Told last' },
    { vi: 'Chính sách', en: 'Policy' },
    { vi: 'Quy định không đếm', en: 'Rules not counted' },
    { vi: 'Không đủ chỗ', en: 'Found no room', isNumber: true },
  ]
  return html`<h2>${both({ vi: 'Nguồn số liệu', en: 'Where the figures come from' })}</h2>${cardTable(columns, lines)}`
}

/** The days of a page for a link to another one. */
export function queryOf({ period, managing, facility }: CountFilter, own: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    from: dayText(period.fromDay),
    to: dayText(period.toDay),
    ...(managing === undefined ? {} : { province: managing }),
    ...(facility === undefined ? {} : { facility }),
    ...own,
  })
  return query.toString()
}

/** The days that are shown, as a form to choose others, and the files. */
export function chooserOf(path: string, filter: CountFilter, hidden: Readonly<Record<string, string>>): Html {
  const { fromDay, toDay } = filter.period
  const kept = Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  const query = queryOf(filter)
  return html`<form class="row" method="get" action="${path}">${kept}
<label for="from">Từ ngày <span class="en" lang="en">From</span><input id="from" name="from" type="date" value="${dayText(fromDay)}" required></label>
<label for="to">Đến ngày <span class="en" lang="en">To</span><input id="to" name="to" type="date" value="${dayText(toDay)}" required></label>
<button>Xem <span lang="en">(show)</span></button></form>
<p class="screen"><a href="/console/rehearsal/file?kind=xlsx&amp;${query}">Tải Excel (.xlsx)</a> · <a href="/console/rehearsal/file?kind=csv&amp;${query}">Tải CSV</a></p>`
}
