import { type Html, type HtmlPiece, html } from './html.ts'

/** A column of a table: its title, and whether it holds numbers. */
export interface PageColumn {
  readonly vi: string
  readonly en: string
  readonly isNumber?: boolean
}

/** A table that becomes a list of cards on a phone. */
export function cardTable(columns: readonly PageColumn[], rows: readonly (readonly HtmlPiece[])[]): Html {
  const head = columns.map(
    ({ vi, en, isNumber }) =>
      html`<th scope="col"${isNumber === true ? html` class="number"` : ''}>${vi}<span class="en" lang="en">${en}</span></th>`,
  )
  const cells = (row: readonly HtmlPiece[]): Html[] =>
    row.map((value, at) => {
      const { vi = '', isNumber } = columns[at] ?? {}
      return html`<td data-label="${vi}"${isNumber === true ? html` class="number"` : ''}>${value}</td>`
    })
  return html`<div class="scroll" role="group" tabindex="0"><table class="cards"><thead><tr>${head}</tr></thead><tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody></table></div>`
}
