/** HTML that is safe to send: made by `html` and nothing else. */
export class Html {
  readonly text: string
  private constructor(text: string) {
    this.text = text
  }

  /** A constant of this program, taken as it is: never a value from outside. */
  static constant(text: string): Html {
    return new Html(text)
  }

  /** The template tag: values are escaped, except those that are `Html` already. */
  static template(this: void, texts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
    return new Html(texts.reduce((page, text, index) => page + textOf(values[index - 1] ?? '') + text))
  }
}

type HtmlValue = string | number | Html | readonly Html[]

/** A page or a part of one; whatever is put in is escaped. */
export const html = Html.template

function textOf(value: HtmlValue): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(textOf).join('')
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
