import { countOf, digestOf } from '../addresses/block-set-lines.ts'
import { compareWords, createBlockWords, readBlockWords } from '../addresses/block-words.ts'
import { createBlockSetBuilder } from '../addresses/create-block-set.ts'
import type { AllowDocument } from './allow-document.ts'
import { parseAllowHeader } from './allow-header.ts'
import { createLineDigest } from './line-digest.ts'
import { createOwnerIndex } from './owner-index.ts'
import { isDispatch } from './owner-text.ts'
import { RevisionError } from './revision-error.ts'

const LINE_FEED = 0x0a
const TAB = 0x09
const COLON = 0x3a
/** The shortest line there can be: `0.0.0.0`, tab, `00000:00:1`, line feed. */
const MIN_LINE_BYTES = 19

/**
 * Reads an allow document and believes nothing: grammar, order, duplicates, count and digest are judged again, whoever signed it. The bytes are kept, not
 * copied, as the store of the owners: do not change them afterwards. A document that is taken is exactly what `formatAllowDocument` would write.
 * @throws RevisionError with the line number
 */
export function parseAllowDocument(bytes: Uint8Array): AllowDocument {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerEnd = buffer.indexOf(LINE_FEED)
  if (headerEnd < 0) throw new RevisionError('HEADER_MISSING', 1, 'Cannot read the allow document: it has no first line')
  const header = parseAllowHeader(decodeUtf8(buffer, 0, headerEnd, 1))
  if (header.entries > buffer.length / MIN_LINE_BYTES)
    throw new RevisionError(
      'COUNT_DIFFERS',
      1,
      `Cannot read the allow document: ${buffer.length} bytes cannot hold ${header.entries} entries`,
    )

  const offsets = new Uint32Array(header.entries + 1)
  const lengths4 = new Uint8Array(33)
  const lengths6 = new Uint8Array(129)
  const builder = createBlockSetBuilder()
  const owners = createOwnerReader(buffer)
  const lines = createLineDigest()
  let previous = createBlockWords()
  let current = createBlockWords()
  let at = headerEnd + 1
  let count = 0
  for (; at < buffer.length; count += 1) {
    const line = count + 2
    const end = buffer.indexOf(LINE_FEED, at)
    if (end < 0) throw new RevisionError('LINE_NOT_ENDED', line, `Cannot read line ${line}: it is not ended by a line feed`)
    if (count === header.entries)
      throw new RevisionError(
        'COUNT_DIFFERS',
        line,
        `Cannot read line ${line}: the header names ${header.entries} entries, and more follow`,
      )
    if (end === at) throw new RevisionError('ENTRY_EMPTY', line, `Cannot read line ${line}: it is empty`)
    let tab = at
    while (tab < end && buffer[tab] !== TAB) tab += 1
    const text = buffer.toString('latin1', at, tab)
    if (!readBlockWords(text, 0, text.length, current))
      throw new RevisionError(
        'ENTRY_BLOCK',
        line,
        `Cannot read line ${line}: ${JSON.stringify(text.slice(0, 64))} is not a block in canonical form`,
      )
    if (count > 0) {
      const order = compareWords(previous, current)
      if (order === 0) throw new RevisionError('ENTRY_TWICE', line, `Cannot read line ${line}: ${text} stands twice`)
      if (order > 0)
        throw new RevisionError('ENTRY_ORDER', line, `Cannot read line ${line}: ${text} should stand before the line above it`)
    }
    lines.take(buffer, at, tab)
    owners.readLine(tab, end, line)
    builder.add(current)
    ;(current.family === 4 ? lengths4 : lengths6)[current.length] = 1
    offsets[count] = at
    const free = previous
    previous = current
    current = free
    at = end + 1
  }
  if (count !== header.entries)
    throw new RevisionError(
      'COUNT_DIFFERS',
      count + 1,
      `Cannot read the allow document: the header names ${header.entries} entries, there are ${count}`,
    )
  offsets[count] = at
  const approved = builder.build()
  // In order, in canonical form and none of them covered: just the lines that the digest is made of.
  const digest = countOf(approved) === count ? lines.digest() : digestOf(approved)
  if (digest !== header.digest)
    throw new RevisionError(
      'DIGEST_DIFFERS',
      1,
      `Cannot read the allow document: its blocks have the digest ${digest}, the header names ${header.digest}`,
    )
  return { header, approved, provinces: owners.provinces(), ownersOf: createOwnerIndex(buffer, offsets, lengths4, lengths6) }
}

/** Judges the owners of a line and counts the entries of each province. */
function createOwnerReader(buffer: Buffer): {
  readLine(tab: number, end: number, line: number): void
  provinces(): ReadonlyMap<string, number>
} {
  const entries = new Uint32Array(100)
  const lastLine = new Uint32Array(100)
  return {
    readLine(tab, end, line) {
      if (tab === end) throw new RevisionError('OWNER_MISSING', line, `Cannot read line ${line}: it names no owner`)
      let previousStart = -1
      let previousEnd = -1
      for (let start = tab + 1; start <= end; ) {
        const stop = ownerEnd(buffer, start, end, line)
        if (previousStart >= 0) {
          const order = buffer.compare(buffer, start, stop, previousStart, previousEnd)
          if (order === 0) throw new RevisionError('OWNER_TWICE', line, `Cannot read line ${line}: an owner stands twice`)
          if (order > 0) throw new RevisionError('OWNER_ORDER', line, `Cannot read line ${line}: its owners are not in order`)
        }
        const province = ((buffer[start + 6] ?? 0) - 0x30) * 10 + (buffer[start + 7] ?? 0) - 0x30
        if (lastLine[province] !== line) {
          lastLine[province] = line
          entries[province] = (entries[province] ?? 0) + 1
        }
        previousStart = start
        previousEnd = stop
        start = stop + 1
      }
    },
    provinces() {
      const counts = new Map<string, number>()
      entries.forEach((count, province) => {
        if (count > 0) counts.set(String(province).padStart(2, '0'), count)
      })
      return counts
    },
  }
}

/** Where the owner that begins at `start` ends: at a tab or at the end of the line. */
function ownerEnd(buffer: Buffer, start: number, end: number, line: number): number {
  for (let i = 0; i < 9; i += 1) {
    const byte = buffer[start + i] ?? 0
    const fits = i === 5 || i === 8 ? byte === COLON : byte >= 0x30 && byte <= 0x39
    if (start + i >= end || !fits)
      throw new RevisionError('OWNER_FORM', line, `Cannot read line ${line}: an owner is not facility:province:dispatch`)
  }
  let stop = start + 9
  // Plain characters without a space are nearly all there are; the rest is for the full judge.
  let isPlain = true
  for (; stop < end; stop += 1) {
    const byte = buffer[stop] ?? 0
    if (byte === TAB) break
    if (byte <= 0x20 || byte > 0x7e) isPlain = false
  }
  const length = stop - start - 9
  if (length === 0 || length > 120 || !isPlain) {
    if (!isDispatch(decodeUtf8(buffer, start + 9, stop, line)))
      throw new RevisionError(
        'OWNER_DISPATCH',
        line,
        `Cannot read line ${line}: a dispatch number is empty, too long or not printable`,
      )
  }
  return stop
}

/** Only the header and dispatch numbers can hold more than ASCII, so that nothing else needs decoding. */
function decodeUtf8(buffer: Buffer, start: number, end: number, line: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer.subarray(start, end))
  } catch (cause) {
    throw new RevisionError('DOCUMENT_NOT_UTF8', line, `Cannot read line ${line}: it is not valid UTF-8`, { cause })
  }
}
