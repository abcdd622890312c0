/** What a template may name in braces. */
export const TEMPLATE_FIELDS = ['phone', 'text', 'id', 'minutes', 'secret', 'receiptSecret'] as const
export type TemplateFields = Readonly<Record<(typeof TEMPLATE_FIELDS)[number], string>>

const FIELD = /\{(phone|text|id|minutes|secret|receiptSecret)\}/g

/** Writes the fields into a template; `safe` makes each safe at its place. Other braces stay: JSON is full of them. */
export function fillTemplate(template: string, fields: TemplateFields, safe: (value: string) => string): string {
  return template.replaceAll(FIELD, (_all, name: keyof TemplateFields) => safe(fields[name]))
}

/** How a value is written inside a body of this media type, so that no text ends its field. */
export function escapeFor(contentType: string): (value: string) => string {
  if (/json/i.test(contentType)) return (value) => JSON.stringify(value).slice(1, -1)
  if (/x-www-form-urlencoded/i.test(contentType)) return encodeURIComponent
  if (/xml/i.test(contentType)) return (value) => value.replaceAll(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`)
  return (value) => value
}
