import { dayWords } from '../../rules/rehearsal/portal-period.ts'
import { COUNT_WORDS } from '../../rules/rehearsal/rehearsal-sheets.ts'
import { sumDays } from '../../rules/rehearsal/rehearsal-sums.ts'
import type { DayCount } from '../../rules/rehearsal/rehearsed-row.ts'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { type Html, type HtmlPiece, html } from '../pages/html.ts'
import { both } from '../pages/page.ts'

const HEIGHT = 100
const { would: WOULD, refused: REFUSED } = COUNT_WORDS.gate

/** `1 234 567`, with spaces that do not break: neither language takes them for a decimal sign (ISO 80000-1 §7.3.2). */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u00a0')
}

/** `08:00 22/11/2026`, in the portal's zone. */
export function timeWords(atMs: number): string {
  const text = portalTimeText(atMs)
  return `${text.slice(11, 16)} ${text.slice(0, 10).split('-').reverse().join('/')}`
}

export function fact(vi: string, en: string, value: HtmlPiece): Html {
  return html`<dt>${vi}<span class="en" lang="en">${en}</span></dt><dd>${value}</dd>`
}

/** What was and would be refused, day by day. Its words stand outside the picture, so that a phone does not shrink them. */
export function dayPlot(counts: readonly DayCount[]): Html {
  const days = sumDays(counts)
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return html``
  const most = Math.max(1, ...days.map(({ would, refused }) => would + refused))
  const bars = (kind: string, countOf: (day: DayCount) => number): Html[] =>
    days.flatMap((day, at) => {
      const height = Math.round((countOf(day) / most) * HEIGHT * 100) / 100
      return height === 0 ? [] : [html`<rect class="${kind}" x="${at}" y="${HEIGHT - height}" width="0.9" height="${height}"/>`]
    })
  return html`<figure><svg class="plot" viewBox="0 0 ${days.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Lượt bị từ chối theo ngày / refused by day">${bars('all', ({ would, refused }) => would + refused)}${bars('was', ({ refused }) => refused)}</svg>
<div class="axis"><span>${dayWords(first.day)}</span><span>${first === last ? '' : dayWords(last.day)}</span></div>
<figcaption>${both({ vi: `Mỗi cột một ngày: ${WOULD.vi.toLowerCase()} và ${REFUSED.vi.toLowerCase()}; phần đỏ: ${REFUSED.vi.toLowerCase()}. Cao nhất ${count(most)} lượt.`, en: `A bar a day: ${WOULD.en.toLowerCase()} and ${REFUSED.en.toLowerCase()}; red: ${REFUSED.en.toLowerCase()}.` })}</figcaption></figure>`
}
