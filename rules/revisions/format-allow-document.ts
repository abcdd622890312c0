import type { Block } from '../addresses/block.ts'
import { wordsOf } from '../addresses/block-bits.ts'
import { digestOf } from '../addresses/block-set-lines.ts'
import { type BlockWords, compareWords } from '../addresses/block-words.ts'
import { createBlockSetBuilder } from '../addresses/create-block-set.ts'
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
  const entries = sortEntries(input.entries)
  const builder = createBlockSetBuilder()
  for (const { words } of entries) builder.add(words)
  const { revision, publishedAt, mode, enforceFrom, shrink } = input
  const header = formatAllowHeader({
    format: 'edgeward-allow/1',
    revision,
    publishedAt,
    mode,
    enforceFrom,
    entries: entries.length,
    digest: digestOf(builder.build()),
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

interface ReadEntry {
  readonly block: Block
  readonly words: BlockWords
  readonly owners: readonly Owner[]
}

function sortEntries(entries: Iterable<AllowEntry>): ReadEntry[] {
  const sorted = Array.from(entries, ({ block, owners }): ReadEntry => ({ block, words: wordsOf(block), owners }))
  sorted.sort((a, b) => compareWords(a.words, b.words))
  for (const [index, { block }] of sorted.entries()) {
    if (sorted[index + 1]?.block === block)
      throw new RevisionError('ENTRY_TWICE', index + 2, `Cannot write the list: ${block} stands twice`)
  }
  return sorted
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
