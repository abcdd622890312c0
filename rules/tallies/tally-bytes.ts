import { ByteReader } from '../detect/sketches/byte-reader.ts'
import { ByteWriter } from '../detect/sketches/byte-writer.ts'
import { readSketch, writeSketch } from '../detect/sketches/sketch-bytes.ts'
import { TOKEN_BYTES, tokenBytes, tokenText } from './account-token.ts'
import { createCounts, TALLY_COUNTS, type Tally, type TallyEntry, type TallyMinute } from './tally.ts'
import { TallyError } from './tally-error.ts'

const VERSION = 1
/** Larger ones are refused unread: a minute of the whole country, at 60 bytes an account, is 0.8 MB. */
export const MAX_TALLY_BYTES = 8 * 1_048_576
export const MAX_TALLY_MINUTES = 60
const MAX_ENTRIES = 100_000
/** More in one minute than any edge can answer. */
const MAX_COUNT = 2 ** 32 - 1
const MAX_MINUTE = 2 ** 32 - 1
const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER
const EDGE = /^[a-z0-9-]{1,64}$/
const BOOT = /^[0-9a-f]{16}$/
const KEY_ID = /^[0-9a-f]{8}$/
const FACILITY = /^[0-9]{5}$/
const TOKEN = /^[a-p]{16}$/

/**
 * A tally as bytes: version, sender, minutes, accounts in order of their tokens, check sum. The same tally gives the same bytes.
 * About 20 bytes an account and minute, and 4 to 5 a person and address.
 * @throws TallyError TALLY_FIELD TALLY_ORDER TALLY_TOO_LARGE
 */
export function formatTally(tally: Tally): Uint8Array {
  const writer = new ByteWriter()
  writer.byte(VERSION)
  writer.byte(tally.edge.length)
  writer.bytes(Buffer.from(field('edge', tally.edge, EDGE), 'latin1'))
  writer.bytes(Buffer.from(field('boot', tally.boot, BOOT), 'hex'))
  writer.varint(tally.sequence)
  writer.bytes(Buffer.from(field('keyId', tally.keyId, KEY_ID), 'hex'))
  writer.varint(tally.minutes.length)
  let before = 0
  for (const { minute, entries } of tally.minutes) {
    if (minute <= before) throw new TallyError('TALLY_ORDER', `Cannot write minute ${minute} after ${before}`)
    writer.varint(minute - before)
    before = minute
    writer.varint(entries.length)
    for (const entry of entries.toSorted((a, b) => (a.token < b.token ? -1 : 1))) writeEntry(entry, writer)
  }
  writer.checkSum()
  if (writer.length > MAX_TALLY_BYTES) throw tooLarge(writer.length)
  return writer.take()
}

/**
 * Reads what `formatTally` wrote and nothing else.
 * @throws TallyError
 * @throws SketchError if the whole is torn or a sketch in it is none
 */
export function parseTally(bytes: Uint8Array): Tally {
  if (bytes.length > MAX_TALLY_BYTES) throw tooLarge(bytes.length)
  const reader = new ByteReader(bytes)
  reader.takeCheckSum()
  const version = reader.byte()
  if (version !== VERSION)
    throw new TallyError('TALLY_VERSION', `Cannot read a tally: its version is ${version}, known is ${VERSION}`)
  const edge = field('edge', Buffer.from(reader.bytes(reader.byte())).toString('latin1'), EDGE)
  const boot = Buffer.from(reader.bytes(8)).toString('hex')
  const sequence = reader.varint(MAX_SEQUENCE)
  if (sequence === 0) throw new TallyError('TALLY_FIELD', 'Cannot read a tally: sequences begin at 1')
  const keyId = Buffer.from(reader.bytes(4)).toString('hex')
  const minutes: TallyMinute[] = []
  let minute = 0
  let left = MAX_ENTRIES
  for (let more = reader.varint(MAX_TALLY_MINUTES); more > 0; more--) {
    const step = reader.varint(MAX_MINUTE - minute)
    if (step === 0) throw new TallyError('TALLY_ORDER', `Cannot read a tally: minute ${minute} stands twice or is 0`)
    minute += step
    const entries = readEntries(reader, left)
    left -= entries.length
    minutes.push({ minute, entries })
  }
  reader.finish()
  return { edge, boot, sequence, keyId, minutes }
}

function writeEntry(entry: TallyEntry, writer: ByteWriter): void {
  writer.bytes(tokenBytes(field('token', entry.token, TOKEN)))
  writer.varint(entry.facility === undefined ? 0 : Number(field('facility', entry.facility, FACILITY)) + 1)
  for (const name of TALLY_COUNTS) writer.varint(Math.min(MAX_COUNT, entry.counts[name]))
  writeSketch(entry.subjects, writer)
  writeSketch(entry.sources, writer)
}

function readEntries(reader: ByteReader, most: number): TallyEntry[] {
  const entries: TallyEntry[] = []
  let before = ''
  for (let more = reader.varint(most); more > 0; more--) {
    const token = tokenText(reader.bytes(TOKEN_BYTES))
    if (token <= before) throw new TallyError('TALLY_ORDER', `Cannot read a tally: account ${token} stands after ${before}`)
    before = token
    const facility = reader.varint(100_000)
    const counts = createCounts()
    for (const name of TALLY_COUNTS) counts[name] = reader.varint(MAX_COUNT)
    entries.push({
      token,
      facility: facility === 0 ? undefined : String(facility - 1).padStart(5, '0'),
      counts,
      subjects: readSketch(reader),
      sources: readSketch(reader),
    })
  }
  return entries
}

function field(name: string, text: string, form: RegExp): string {
  if (form.test(text)) return text
  throw new TallyError(
    'TALLY_FIELD',
    `Cannot take ${name} ${JSON.stringify(text.slice(0, 80))} of a tally: it must match ${form.source}`,
  )
}

function tooLarge(bytes: number): TallyError {
  return new TallyError('TALLY_TOO_LARGE', `Cannot take a tally of ${bytes} bytes: the limit is ${MAX_TALLY_BYTES}`)
}
