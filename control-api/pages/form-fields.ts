import { type Html, html } from './html.ts'
import { both, type PageWords } from './page.ts'
import type { SentForm } from './sent-form.ts'

export interface FieldOptions {
  readonly words: PageWords
  /** Where a page has several forms with this field; its name if left out. */
  readonly id?: string
  /** Other attributes of the field. */
  readonly more?: Html
  /** What stands in it before anybody types. */
  readonly value?: string | undefined
  /** How it is filled in. */
  readonly hint?: PageWords
}

export interface Choice {
  readonly value: string
  readonly words: string
}

/** A field with its label, what was typed, and beside it what is wrong. */
export function textField(sent: SentForm, name: string, options: FieldOptions): Html {
  const { id = name, words, more } = options
  const value = sent.isSent ? sent.valueOf(name) : options.value
  return html`<label for="${id}">${both(words)}</label>${besideField(sent, name, options)}
<input id="${id}" name="${name}" value="${value}"${aboutField(sent, name, options)} ${more}>`
}

/** One of several, with its label. */
export function choiceField(sent: SentForm, name: string, options: FieldOptions & { readonly choices: readonly Choice[] }): Html {
  const { id = name, words, more, choices } = options
  const chosen = sent.isSent ? sent.valueOf(name) : options.value
  const items = choices.map(
    (each) => html`<option value="${each.value}"${each.value === chosen ? html` selected` : ''}>${each.words}</option>`,
  )
  return html`<label for="${id}">${both(words)}</label>${besideField(sent, name, options)}
<select id="${id}" name="${name}"${aboutField(sent, name, options)} ${more}>${items}</select>`
}

/** Any of several, with what was ticked. */
export function tickFields(sent: SentForm, name: string, options: FieldOptions & { readonly choices: readonly Choice[] }): Html {
  const { id = name, words, choices } = options
  const ticked = new Set(sent.valuesOf(name))
  const items = choices.map(
    ({ value, words: label }) =>
      html`<label><input type="checkbox" name="${name}" value="${value}"${ticked.has(value) ? html` checked` : ''}>${label}</label>`,
  )
  return html`<fieldset id="${id}" tabindex="-1"${aboutField(sent, name, options)}><legend>${both(words)}</legend>${besideField(sent, name, options)}${items}</fieldset>`
}

/** A file, which no page can put back. */
export function fileField(sent: SentForm, name: string, options: FieldOptions): Html {
  const { id = name, words, more } = options
  return html`<label for="${id}">${both(words)}</label>${besideField(sent, name, options)}
<input id="${id}" name="${name}" type="file"${aboutField(sent, name, options)} ${more}>`
}

function besideField(sent: SentForm, name: string, { id = name, hint }: FieldOptions): Html {
  const fault = sent.faultOf(name)
  return html`${hint === undefined ? '' : html`<p class="hint" id="${id}-hint">${both(hint)}</p>`}${fault === undefined ? '' : html`<p class="wrong" id="${id}-wrong">${both(fault)}</p>`}`
}

/** Readers of screens are told hint and fault with the field; the first field that is wrong is where one goes on. */
function aboutField(sent: SentForm, name: string, { id = name, hint }: FieldOptions): Html {
  const isWrong = sent.faultOf(name) !== undefined
  const told = [...(hint === undefined ? [] : [`${id}-hint`]), ...(isWrong ? [`${id}-wrong`] : [])].join(' ')
  const isFirst = [...sent.faults.keys()][0] === name
  return html`${told === '' ? '' : html` aria-describedby="${told}"`}${isWrong ? html` aria-invalid="true"` : ''}${isFirst ? html` autofocus` : ''}`
}
