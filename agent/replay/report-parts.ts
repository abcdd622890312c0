import type { Evidence, VerdictAction } from '../../rules/detect/detector.ts'
import { RULES, type RuleName } from '../../rules/detect/rule-names.ts'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import { type Html, html } from '../status/html.ts'

/** What a verdict says should happen, as the report calls it. */
export const ACTION_WORDS: Readonly<Record<VerdictAction, Evidence>> = {
  suspend: { vi: 'phải tạm khóa', en: 'to be suspended' },
  throttle: { vi: 'phải làm chậm', en: 'to be slowed down' },
  watch: { vi: 'cần theo dõi', en: 'to be watched' },
  release: { vi: 'kết thúc biện pháp', en: 'the action ends' },
}

/** Vietnamese first, English beside it. */
export function both(vi: string, en: string): Html {
  return html`${vi} <span lang="en">${en}</span>`
}

export function section(title: Html, body: Html): Html {
  return html`<section><h2>${title}</h2>${body}</section>`
}

export function fact(vi: string, en: string, value: string | Html): Html {
  return html`<dt>${both(vi, en)}</dt><dd>${value}</dd>`
}

/** A column of a table: its title in both languages, and whether it holds numbers, or words that stay on one line. */
export interface Column {
  readonly vi: string
  readonly en: string
  readonly isNumber?: boolean
  readonly isWhole?: boolean
}

/** @param sums the cells of a last row under all others */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | Html)[])[],
  sums?: readonly (string | Html)[],
): Html {
  if (rows.length === 0) return html`<p>${both('Không có.', 'None.')}</p>`
  const cell = (value: string | Html, at: number): Html =>
    columns[at]?.isNumber === true
      ? html`<td class="n">${value}</td>`
      : columns[at]?.isWhole === true
        ? html`<td class="w">${value}</td>`
        : html`<td>${value}</td>`
  const head = columns.map(({ vi, en, isNumber }) =>
    isNumber === true ? html`<th class="n">${both(vi, en)}</th>` : html`<th>${both(vi, en)}</th>`,
  )
  const foot = sums === undefined ? html`` : html`<tfoot><tr>${sums.map(cell)}</tr></tfoot>`
  return html`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.map(
    (row) => html`<tr>${row.map(cell)}</tr>`,
  )}</tbody>${foot}</table></div>`
}

/** `1 234 567`, with spaces that do not break: neither language takes them for a decimal sign (ISO 80000-1 §7.3.2). */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u00a0')
}

/** Different persons, about; a dash where the log names none. */
export function persons({ told, persons: number }: { readonly told: number; readonly persons: number }): string {
  return told === 0 ? '–' : count(number)
}

/** `08:00:27 02/03/2026`, in the portal's zone. */
export function timeOf(atMs: number): string {
  const text = portalTimeText(atMs)
  return `${text.slice(11, 19)} ${dayOf(atMs)}`
}

/** `02/03/2026`, in the portal's zone. */
export function dayOf(atMs: number): string {
  const [year, month, day] = portalTimeText(atMs).slice(0, 10).split('-')
  return `${day}/${month}/${year}`
}

/** A rule in a few words; its bare name where it is none of ours. */
export function ruleOf(rule: string): Html {
  const words = Object.hasOwn(RULES, rule) ? RULES[rule as RuleName] : undefined
  return words === undefined ? html`<code>${rule}</code>` : both(words.vi, words.en)
}
