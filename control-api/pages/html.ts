/** Markup that may be sent as it stands: `html` alone makes it. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** What may stand in a template: text is escaped, markup is not, nothing is nothing. */
export type HtmlPiece = Html | string | number | undefined | readonly HtmlPiece[]

/** A piece of a page. Everything that is put in and is no markup of `html` itself is escaped, for text and for attributes in quotes alike. */
export function html(strings: TemplateStringsArray, ...pieces: readonly HtmlPiece[]): Html {
  return new Html(strings.map((text, at) => `${text}${markupOf(pieces[at])}`).join(''))
}

function markupOf(piece: HtmlPiece): string {
  if (piece === undefined) return ''
  if (piece instanceof Html) return piece.markup
  if (typeof piece === 'object') return piece.map(markupOf).join('')
  return String(piece).replaceAll(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`)
}
