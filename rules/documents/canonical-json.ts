import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { schemaFaults } from '../config/schema-faults.ts'
import { faultWords } from './fault-words.ts'

/** Why bytes are no document of a kind; each area has codes of its own for these. */
export type DocumentFault = 'TOO_LARGE' | 'FIELD' | 'NOT_CANONICAL'

/** How one kind of signed JSON is read. There is one way to write a document: what differs from it by a byte is refused. */
export interface JsonForm<S extends TSchema> {
  /** With its article, for messages: `a grants document`. */
  readonly what: string
  readonly schema: S
  /** The document as central writes it where the order of keys does not say it all: lists in their order, each entry once. */
  readonly arrange?: (document: Static<S>) => Static<S>
  /** What no schema can say. @throws an error of the area */
  readonly check?: (document: Static<S>) => void
  /** The area's own error. */
  readonly fail: (fault: DocumentFault, message: string, options?: ErrorOptions) => Error
}

export interface CanonicalJson<T> {
  format(document: T): string
  /** Reads what `format` wrote, followed by `end`, and nothing else. @throws an error of the area */
  parse(text: string, end?: string): T
}

export function canonicalJson<S extends TSchema>({ what, schema, arrange, check, fail }: JsonForm<S>): CanonicalJson<Static<S>> {
  let compiled: ReturnType<typeof Compile<S>> | undefined

  /** Compiled when it is first asked: a gate waits while twenty thousand grants are judged. */
  function fits(value: unknown): value is Static<S> {
    compiled ??= Compile(schema)
    return compiled.Check(value)
  }

  function format(document: Static<S>): string {
    return JSON.stringify(inSchemaOrder(schema, arrange === undefined ? document : arrange(document)))
  }

  function parseJson(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw fail('FIELD', `Cannot read ${what}: it is not JSON`, { cause })
    }
  }

  return {
    format,
    parse(text, end = '') {
      const document = parseJson(text)
      if (!fits(document)) throw fail('FIELD', `Cannot read ${what}: ${faultWords(schemaFaults(schema, document))}`)
      check?.(document)
      // No key hides behind a second one of its name, and equal documents are equal bytes.
      if (`${format(document)}${end}` !== text)
        throw fail('NOT_CANONICAL', `Cannot read ${what}: it is not written in the canonical way`)
      return document
    },
  }
}

/** The keys of each object in the order of its schema. */
function inSchemaOrder(schema: TSchema, value: unknown): unknown {
  const { properties, items } = schema as { properties?: Readonly<Record<string, TSchema>>; items?: TSchema }
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => inSchemaOrder(items, item))
  if (properties === undefined || typeof value !== 'object' || value === null) return value
  const fields = value as Readonly<Record<string, unknown>>
  const ordered: Record<string, unknown> = {}
  for (const name in properties) {
    const inner = properties[name]
    if (inner !== undefined && fields[name] !== undefined) ordered[name] = inSchemaOrder(inner, fields[name])
  }
  return ordered
}
