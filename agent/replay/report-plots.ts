import type { Verdict, VerdictAction } from '../../rules/detect/detector.ts'
import { dayWords } from '../../rules/rehearsal/portal-period.ts'
import type { COUNT_WORDS, CountKind } from '../../rules/rehearsal/rehearsal-sheets.ts'
import type { DayCount } from '../../rules/rehearsal/rehearsed-row.ts'
import { type Html, html } from '../status/html.ts'
import type { AccountFigures } from './report-figures.ts'
import { ACTION_WORDS, both, count, dayOf, timeOf } from './report-parts.ts'
import type { TimeBins } from './time-bins.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PORTAL_OFFSET_MS = 7 * HOUR_MS
/** Bars that a plot may have: two weeks of hours. */
const MAX_COLUMNS = 336
const HEIGHT = 100
const ACTIONS = Object.keys(ACTION_WORDS) as readonly VerdictAction[]

/** Look-ups over the days of a period, hour by hour, with a mark for each verdict. Its words stand outside the picture, so that a phone does not shrink them. */
export function timePlot(hours: TimeBins, { fromMs, toMs }: Period, verdicts: readonly Verdict[] = []): Html {
  const firstMs = dayStart(fromMs)
  const hourCount = Math.ceil((dayStart(toMs) + DAY_MS - firstMs) / HOUR_MS)
  const perColumn = Math.ceil(hourCount / MAX_COLUMNS)
  const columns = hours.columns(firstMs, Math.ceil(hourCount / perColumn), perColumn)
  const bars = barsOf(columns, Math.max(1, ...columns))
  const marks = verdicts.map(({ atMs, action }) => {
    const x = round((atMs - firstMs) / (perColumn * HOUR_MS))
    return html`<line class="mark ${action}" x1="${x}" x2="${x}" y1="0" y2="${HEIGHT}"/>`
  })
  const used = ACTIONS.filter((action) => verdicts.some((verdict) => verdict.action === action))
  const keys = used.map((action) => {
    const { vi, en } = ACTION_WORDS[action]
    return html` · <span class="key k-${action}">${both(vi, en)}</span>`
  })
  const peak = hours.peak()
  const width =
    perColumn === 1 ? both('mỗi cột 1 giờ', 'a bar an hour') : both(`mỗi cột ${perColumn} giờ`, `a bar ${perColumn} hours`)
  return html`<figure><svg class="time" viewBox="0 0 ${columns.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Lượt tra cứu theo giờ / look-ups by hour">${bars}${marks}</svg>
<div class="axis">${dayTicks(firstMs, hourCount).map((tick) => html`<span>${tick}</span>`)}</div>
<figcaption>${both('Lượt tra cứu', 'Look-ups')}, ${width}. ${both('Cao nhất', 'Most')}: ${count(peak.count)} ${both('lượt trong giờ từ', 'in the hour from')} ${timeOf(peak.fromMs)}${keys}</figcaption></figure>`
}

/** What rules would refuse and refuse, day by day: a bar of two parts. */
export function dayPlot(days: readonly DayCount[], words: (typeof COUNT_WORDS)[CountKind]): Html {
  const { would, refused } = words
  const perColumn = Math.ceil(days.length / MAX_COLUMNS)
  const columns = Array.from({ length: Math.ceil(days.length / perColumn) }, (_, at) =>
    days.slice(at * perColumn, (at + 1) * perColumn),
  )
  const sums = (key: 'would' | 'refused'): number[] => columns.map((column) => column.reduce((all, day) => all + day[key], 0))
  const below = sums('refused')
  const all = sums('would').map((value, at) => value + (below[at] ?? 0))
  const most = Math.max(1, ...all)
  const peak = days.reduce((best, day) => (day.would + day.refused > best.would + best.refused ? day : best), days[0] ?? NO_DAY)
  const ticks = [...new Set([days[0]?.day, days[Math.floor(days.length / 2)]?.day, days.at(-1)?.day])]
  return html`<figure><svg class="time" viewBox="0 0 ${columns.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Lượt sẽ bị từ chối và đã bị từ chối theo ngày / would be and were refused by day">${barsOf(all, most)}${barsOf(below, most, 'bar was')}</svg>
<div class="axis">${ticks.map((day) => html`<span>${day === undefined ? '' : dayWords(day)}</span>`)}</div>
<figcaption>${both(`Mỗi cột: ${would.vi.toLowerCase()} và ${refused.vi.toLowerCase()}; phần đỏ ở dưới: ${refused.vi.toLowerCase()}`, `A bar: ${would.en.toLowerCase()} and ${refused.en.toLowerCase()}; red at its foot: ${refused.en.toLowerCase()}`)}. ${both('Cao nhất', 'Most')}: ${count(peak.would + peak.refused)} ${both('lượt ngày', 'requests on')} ${dayWords(peak.day)}</figcaption></figure>`
}

const NO_DAY: DayCount = { day: 0, would: 0, refused: 0 }

function barsOf(columns: readonly number[], most: number, kind = 'bar'): Html[] {
  return columns.flatMap((value, at) => {
    const height = round((value / most) * HEIGHT)
    return value === 0
      ? []
      : [html`<rect class="${kind}" x="${at}" y="${round(HEIGHT - height)}" width="0.9" height="${height}"/>`]
  })
}

export interface Period {
  readonly fromMs: number
  readonly toMs: number
}

/** Different persons against look-ups, an account a dot, both axes by powers of ten. Who never looks anybody up twice lies on the diagonal. */
export function personsPlot(accounts: readonly AccountFigures[]): Html {
  const shown = accounts.filter(({ told }) => told > 0)
  if (shown.length === 0)
    return html`<p>${both('Nhật ký không ghi người được tra cứu.', 'The log does not tell the persons.')}</p>`
  const powers = Math.max(1, Math.ceil(Math.log10(Math.max(...shown.map(({ told }) => told)) + 1)))
  const x = (value: number): number => round(46 + (Math.log10(value) / powers) * 350)
  const y = (value: number): number => round(270 - (Math.log10(value) / powers) * 255)
  const grid = Array.from({ length: powers + 1 }, (_, power) => {
    const [across, up] = [x(10 ** power), y(10 ** power)]
    return html`<line class="grid" x1="${across}" x2="${across}" y1="15" y2="270"/><line class="grid" x1="46" x2="396" y1="${up}" y2="${up}"/><text x="${across}" y="286" text-anchor="middle">${shortPower(power)}</text><text x="41" y="${up + 4}" text-anchor="end">${shortPower(power)}</text>`
  })
  const dots = new Map<string, Html>()
  // Flagged ones last: they lie above the others. Dots in one place are drawn once.
  for (const { told, persons, verdicts } of shown.toSorted((a, b) => a.verdicts.length - b.verdicts.length)) {
    const [across, up] = [x(told), y(Math.max(1, Math.min(persons, told)))]
    const isHot = verdicts.length > 0
    dots.set(
      `${across} ${up} ${isHot}`,
      isHot
        ? html`<circle class="dot hot" cx="${across}" cy="${up}" r="5"/>`
        : html`<circle class="dot" cx="${across}" cy="${up}" r="3"/>`,
    )
  }
  return html`<figure><svg class="persons" viewBox="0 0 420 300" role="img" aria-label="Số người khác nhau theo lượt tra cứu / distinct persons against look-ups">${grid}<line class="same" x1="46" y1="270" x2="396" y2="15"/>${[...dots.values()]}</svg>
<figcaption>${both(
    'Ngang: lượt tra cứu; dọc: số người khác nhau. Chấm đỏ: tài khoản bị cảnh báo. Nằm sát đường chéo: mỗi lượt một người khác, như khi thu thập dữ liệu; cơ sở khám bệnh tra mỗi người 2–9 lần.',
    'Across: look-ups; up: different persons. Red: flagged. On the diagonal every look-up is of another person, as in a harvest; a facility looks each person up two to nine times.',
  )}</figcaption></figure>`
}

/** At most five days, evenly spread, and the end. */
function dayTicks(firstMs: number, hourCount: number): string[] {
  const days = hourCount / 24
  const step = Math.max(1, Math.ceil(days / 4))
  const ticks = Array.from({ length: Math.floor((days - 1) / step) + 1 }, (_, at) => shortDay(firstMs + at * step * DAY_MS))
  return days === 1 ? [`0:00 ${ticks[0]}`, '6:00', '12:00', '18:00', '24:00'] : [...ticks, shortDay(firstMs + days * DAY_MS)]
}

function dayStart(atMs: number): number {
  return Math.floor((atMs + PORTAL_OFFSET_MS) / DAY_MS) * DAY_MS - PORTAL_OFFSET_MS
}

/** `02/03`: the period stands at the top of the page. */
function shortDay(atMs: number): string {
  return dayOf(atMs).slice(0, 5)
}

function shortPower(power: number): string {
  return power < 3 ? String(10 ** power) : power < 6 ? `${10 ** (power - 3)}k` : `${10 ** (power - 6)}M`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
