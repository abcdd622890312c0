import type { TSchema } from 'typebox'
import { Document, isMap, isScalar } from 'yaml'
import type { ConfigOf, OptionTable } from './option-table.ts'
import { nest } from './parse-config.ts'

/** A config as YAML text that `parseConfig` reads back to the same, with each option's meaning as a comment. */
export function printConfig<T extends OptionTable>(table: T, config: ConfigOf<T>): string {
  const document = new Document(config)
  for (const [path, { meaning }] of Object.entries(table)) {
    const keys = path.split('.')
    const parent = document.getIn(keys.slice(0, -1), true)
    const holder = keys.length === 1 ? document.contents : parent
    if (!isMap(holder)) continue
    const key = holder.items.find((pair) => String(pair.key) === keys.at(-1))?.key
    if (isScalar(key)) key.commentBefore = ` ${meaning}`
  }
  return document.toString({ lineWidth: 0 })
}

/** JSON Schema (2020-12) of a config file, for editors. */
export function configJsonSchema(table: OptionTable, title: string): Record<string, unknown> {
  const root: Record<string, unknown> = { $schema: 'https://json-schema.org/draft/2020-12/schema', title, ...emptyObject() }
  for (const [path, { schema, fallback, meaning }] of Object.entries(table)) {
    const keys = path.split('.')
    let holder = root
    for (const [depth, key] of keys.entries()) {
      const properties = holder.properties as Record<string, Record<string, unknown>>
      const isLast = depth === keys.length - 1
      if (fallback === undefined) holder.required = [...new Set([...((holder.required as string[] | undefined) ?? []), key])]
      if (isLast) properties[key] = { ...schema, description: meaning, ...(fallback === undefined ? {} : { default: fallback }) }
      else properties[key] ??= emptyObject()
      holder = properties[key] ?? holder
    }
  }
  return root
}

/** Rows of the README's table of options: path, type, default, meaning. */
export function optionRows(table: OptionTable): string[] {
  return Object.entries(table).map(([path, { schema, fallback, meaning }]) => {
    const shown = fallback === undefined ? 'must be set' : `\`${JSON.stringify(fallback)}\``
    return `| \`${path}\` | ${typeText(schema).replaceAll('|', '\\|')} | ${shown.replaceAll('|', '\\|')} | ${meaning} |`
  })
}

/** The config that holds where a file says nothing. Options that a file must name are absent. */
export function fallbackConfig(table: OptionTable): Record<string, unknown> {
  const named = Object.entries(table).filter(([, { fallback }]) => fallback !== undefined)
  return nest(new Map(named.map(([path, { fallback }]) => [path, fallback])))
}

function emptyObject(): Record<string, unknown> {
  return { type: 'object', properties: {}, additionalProperties: false }
}

/** The keywords of JSON Schema that a person wants to see in a table. */
interface PlainSchema {
  readonly type?: string
  readonly const?: string | number | boolean
  readonly anyOf?: readonly TSchema[]
  readonly items?: TSchema
  readonly minimum?: number
  readonly maximum?: number
}

function typeText(schema: TSchema): string {
  const plain = schema as PlainSchema
  if (plain.anyOf !== undefined) return plain.anyOf.map(typeText).join(' or ')
  if (plain.const !== undefined) return `\`${plain.const}\``
  if (plain.type === 'array') return `list of ${plain.items === undefined ? 'values' : typeText(plain.items)}`
  return `${TYPE_WORDS.get(plain.type ?? '') ?? 'options by name'}${rangeText(plain)}`
}

const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['integer', 'whole number'],
  ['number', 'number'],
  ['boolean', '`true` or `false`'],
  ['null', '`null`'],
])

function rangeText({ minimum, maximum }: PlainSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum}–${maximum}`
  if (minimum !== undefined) return ` ≥ ${minimum}`
  return maximum === undefined ? '' : ` ≤ ${maximum}`
}
