import type { Block } from '../../rules/addresses/block.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { AllowEntry, Owner } from '../../rules/revisions/allow-document.ts'
import { type AllowDocumentInput, formatAllowDocument } from '../../rules/revisions/format-allow-document.ts'

/** An owner; a test names only what it is about. */
export function anOwner(fields: Partial<Owner> = {}): Owner {
  return { facility: '01234', province: '01', dispatch: '1923/BHXH-CNTT', ...fields }
}

/** An entry with one owner or more. */
export function anEntry(block: string, ...owners: readonly Partial<Owner>[]): AllowEntry {
  return { block: parseBlock(block), owners: (owners.length === 0 ? [{}] : owners).map(anOwner) }
}

/** What a revision is made from. */
export function aRevision(fields: Partial<AllowDocumentInput> = {}): AllowDocumentInput {
  return {
    revision: 412,
    publishedAt: '2024-07-27T00:00:00+07:00',
    mode: 'enforce',
    enforceFrom: null,
    shrink: null,
    entries: [anEntry('8.8.8.8')],
    ...fields,
  }
}

/** The bytes of a revision. */
export function revisionBytes(fields: Partial<AllowDocumentInput> = {}): Uint8Array {
  return formatAllowDocument(aRevision(fields))
}

/** `count` hosts that nobody reserves, from 20.0.0.0 on. */
export function someHosts(count: number, from = 0): Block[] {
  return Array.from({ length: count }, (_, i) =>
    parseBlock(`20.${((from + i) >>> 16) & 255}.${((from + i) >>> 8) & 255}.${(from + i) & 255}`),
  )
}
