import type { Static, TSchema } from 'typebox'
import { canonicalJson, type JsonForm } from './canonical-json.ts'

/** Reads and writes documents of one kind: JSON in one line that ends with a line feed. */
export interface SignedDocument<T> {
  /** The exact bytes of a document, ready to be signed. @throws an error of the area */
  format(document: T): Uint8Array
  /** Reads what `format` wrote and nothing else. @throws an error of the area that names every wrong field by its path, or says how many more there are */
  parse(bytes: Uint8Array): T
}

/** @param maxBytes larger ones are refused unread */
export function signedDocument<S extends TSchema>(form: JsonForm<S>, maxBytes: number): SignedDocument<Static<S>> {
  const { what, fail } = form
  const json = canonicalJson(form)

  function parse(bytes: Uint8Array): Static<S> {
    if (bytes.length > maxBytes) throw fail('TOO_LARGE', `Cannot take ${what} of ${bytes.length} bytes: the limit is ${maxBytes}`)
    return json.parse(textOf(bytes), '\n')
  }

  function textOf(bytes: Uint8Array): string {
    try {
      // All bytes that are no UTF-8 would read as the same sign, and two documents as one.
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch (cause) {
      throw fail('FIELD', `Cannot read ${what}: it is not UTF-8`, { cause })
    }
  }

  return {
    parse,
    format(document) {
      const bytes = Buffer.from(`${json.format(document)}\n`)
      parse(bytes)
      return bytes
    },
  }
}
