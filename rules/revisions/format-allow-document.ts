import { compareBlocks, sortBlocks } from '../addresses/block-bits.ts'
import { digestOf } from '../addresses/block-set-lines.ts'
import { createBlockSet } from '../addresses/create-block-set.ts'
import type { AllowEntry, AllowHeader, Owner } from './allow-document.ts'
import { formatAllowHeader, parseAllowHeader } from './allow-header.ts'
import { isDispatch, isFacility, isProvince, ownerText } from './owner-text.ts'
import { RevisionError } from './revision-error.ts'

const CHUNK_LENGTH = 64 * 1024

/** What a revision says; count and digest are made from the entries. */
export interface AllowDocumentInput extends Pick<AllowHeader, 'revision' | 'publishedAt' | 'mode' | 'enforceFrom' | 'shrink'> {
  /** In any order; a block may stand once. */
  readonly entries: Iterable<AllowEntry>
}

/** The exact bytes of a revision, ready to be signed. @throws RevisionError HEADER_FIELD, HEADER_DATE, ENTRY_TWICE, OWNER_MISSING, OWNER_FORM, OWNER_DISPATCH */
export function formatAllowDocument(input: AllowDocumentInput): Uint8Array {
  return Buffer.concat([...allowDocumentChunks(input)])
}

/** The same in pieces of about 64 KiB. */
export function* allowDocumentChunks(input: AllowDocumentInput): Generator<Uint8Array> {
  const entries = inOrder([...input.entries])
  const approved = createBlockSet(entries.map((entry) => entry.block))
  const { revision, publishedAt, mode, enforceFrom, shrink } = input
  const header = formatAllowHeader({
    format: 'edgeward-allow/1',
    revision,
    publishedAt,
    mode,
    enforceFrom,
    entries: entries.length,
    digest: digestOf(approved),
    shrink,
  })
  parseAllowHeader(header)
  let chunk = `${header}\n`
  for (const [index, { block, owners }] of entries.entries()) {
    chunk += `${block}${ownersText(owners, index + 2)}\n`
    if (chunk.length >= CHUNK_LENGTH) {
      yield Buffer.from(chunk)
      chunk = ''
    }
  }
  if (chunk !== '') yield Buffer.from(chunk)
}

/** The entries as they are where they stand in order already, as the ledger gives them; else sorted. */
function inOrder(entries: readonly AllowEntry[]): readonly AllowEntry[] {
  const isInOrder = entries.every((entry, i) => {
    const next = entries[i + 1]
    return next === undefined || compareBlocks(entry.block, next.block) < 0
  })
  if (isInOrder) return entries
  const byBlock = new Map(entries.map((entry) => [entry.block, entry]))
  const sorted = sortBlocks(byBlock.keys()).map((block) => byBlock.get(block))
  if (sorted.length < entries.length) {
    const twice = entries.find((entry) => byBlock.get(entry.block) !== entry)
    throw new RevisionError('ENTRY_TWICE', 0, `Cannot write the list: ${twice?.block} stands twice`)
  }
  return sorted.filter((entry) => entry !== undefined)
}

/** The owners of a line, sorted, each once, each after a tab. */
function ownersText(owners: readonly Owner[], line: number): string {
  if (owners.length === 0) throw new RevisionError('OWNER_MISSING', line, 'Cannot write the list: an entry has no owner')
  for (const owner of owners) {
    if (!isFacility(owner.facility) || !isProvince(owner.province))
      throw new RevisionError(
        'OWNER_FORM',
        line,
        `Cannot write the owner ${JSON.stringify(ownerText(owner))}: five digits, two digits, dispatch`,
      )
    if (!isDispatch(owner.dispatch))
      throw new RevisionError('OWNER_DISPATCH', line, `Cannot write the dispatch number ${JSON.stringify(owner.dispatch)}`)
  }
  if (owners.length === 1 && owners[0] !== undefined) return `\t${ownerText(owners[0])}`
  return [...new Set(owners.map(ownerText))]
    .sort()
    .map((text) => `\t${text}`)
    .join('')
}
