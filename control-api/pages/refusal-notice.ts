import { type Html, html } from './html.ts'
import { both, notice } from './page.ts'
import type { SentForm } from './sent-form.ts'

/** Above a form that was refused: why, with a way to each field that is wrong. */
export function refusalNotice({ fault, faults }: SentForm): Html | undefined {
  if (fault === undefined) return undefined
  if (faults.size === 0) return notice('fault', fault)
  const items = [...faults].map(
    ([name, words]) => html`<li><a href="#${name}">${words.vi}</a> <span class="en" lang="en">${words.en}</span></li>`,
  )
  return html`<div class="notice fault" role="alert"><p>${both({ vi: 'Chưa gửi được. Hãy sửa:', en: 'Not sent yet. Correct:' })}</p><ul>${items}</ul></div>`
}
