import type { AttributedRequest } from './attributed-request.ts'
import { type Attributor, createAttributor } from './attributor.ts'
import { createFieldReader } from './field-reader.ts'
import {
  createHaproxyClientFinder,
  createTemplateClientFinder,
  type FindClient,
  findCombinedClient,
  findJsonClient,
} from './find-client.ts'
import type { LineFault } from './line-fault.ts'
import { createLineMachine, type LineMachine } from './line-machine.ts'
import { createLineSpans, type LineSpans, SPAN } from './line-spans.ts'
import { parseLogTemplate } from './log-template.ts'
import { readClfTime, readEpochTime, readHaproxyTime, readIsoTime } from './log-time.ts'
import type { LookupLine, LookupTaker } from './lookup-line.ts'
import { readCombinedLine } from './read-combined-line.ts'
import { readHaproxyLine } from './read-haproxy-line.ts'
import { readJsonLine } from './read-json-line.ts'
import { readTemplateLine } from './read-template-line.ts'
import { scanJsonLine } from './scan-json-line.ts'
import { createShapedScanner, type ShapedScanner } from './scan-shaped-line.ts'
import type { ReadTime } from './time-memory.ts'

/** The access logs that can be read; docs/access-log.md has an example of each. */
export const LOG_FORMATS = ['nginx-json', 'combined', 'haproxy', 'template'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** A line longer than this is not read. */
export const MAX_LINE_BYTES = 1_048_576
/** 00:00 on 01/08/2024 in the portal's zone (1923/BHXH-CNTT §1c). */
export const FUNCTIONS_STOP_AT_MS = Date.UTC(2024, 6, 31, 17)
/** UTC+7, the zone of all dates of the dispatches. */
const PORTAL_OFFSET_MINUTES = 420

/** How the lines of a log are written. */
export interface LogDialect {
  readonly format: LogFormat
  /** For the format `template`: what nginx's `log_format` says. */
  readonly template?: string
  /** The clock of a HAProxy host, whose default layout writes no offset; minutes east of UTC. The portal's zone where nobody says. */
  readonly haproxyOffsetMinutes?: number
  /** Which of the request headers that HAProxy captures is the User-Agent, from 1; without it the log does not tell the client software. */
  readonly haproxyUserAgent?: number
}

export interface LineParserOptions extends Omit<LogDialect, 'format'> {
  /** At least 16 bytes; hides the persons looked up where the log names them. */
  readonly key: Uint8Array
  /** From when on the three functions of 1923/BHXH-CNTT §1c count as retired; milliseconds since 1970. */
  readonly functionsStopAtMs?: number
  /** Shared by the logs of one host, so that a token taken in one names the account in another. */
  readonly attributor?: Attributor
  /** Gets the lines read by `parseNext` that tell no more than most do, before a request is made of them. */
  readonly lookups?: LookupTaker
}

/** Reads one log. Lines come in the order of the file: a token request names the account of nameless requests after it. */
export interface LineParser {
  /**
   * Reads the line that fills `line[start, end)`, without its line feed. `undefined` if nobody could be counted for it:
   * `lastFault` then says why. Keeps nothing of `line`, which the caller may overwrite at once.
   */
  parse(line: Uint8Array, start?: number, end?: number): AttributedRequest | undefined
  /** Takes a chunk of the log, whose bytes stay as they are until `endChunk`: its lines may then be read by `parseNext`. */
  beginChunk(chunk: Buffer): void
  endChunk(): void
  /**
   * Reads the line of the chunk that begins at `start` if it can tell where that ends without looking for its line feed: the place behind the line feed,
   * and `lastRequest` and `lastFault` are those of the line. -1 where the end must be looked for.
   */
  parseNext(bytes: Buffer, start: number): number
  /**
   * What the line that fills `line[start, end)` tells of the client software, if it gave a request: its User-Agent as the client sent it, '' for none; `undefined` where it
   * does not tell.
   */
  findClient(line: Buffer, start: number, end: number): string | undefined
  /** What the last line gave. */
  readonly lastRequest: AttributedRequest | undefined
  /** The same for a line held as text. */
  parseLine(text: string): AttributedRequest | undefined
  /** The last line, if `lookups` took it: then it gave no request. */
  readonly lastLookup: LookupLine | undefined
  /** Why the last line was not read; `undefined` if it was. The words are in `LINE_FAULTS`. */
  readonly lastFault: LineFault | undefined
}

/** Finds the fields of a line and the time in them. */
interface LineReader {
  find(bytes: Buffer, start: number, end: number, spans: LineSpans): LineFault | undefined
  /** For formats whose lines may be found by their shape. */
  readonly shaped?: ShapedScanner
  /** What scans such lines. */
  readonly machine?: LineMachine | undefined
  readonly readTime: ReadTime
  readonly findClient: FindClient
}

/**
 * @param format what writes the log; a change of format needs another parser
 * @throws RequestError KEY_TOO_SHORT, BAD_TEMPLATE
 */
export function createLineParser(format: LogFormat, options: LineParserOptions): LineParser {
  const reader = readerOf(format, options)
  const fields = createFieldReader({
    key: options.key,
    functionsStopAtMs: options.functionsStopAtMs ?? FUNCTIONS_STOP_AT_MS,
    attributor: options.attributor ?? createAttributor(),
    machine: reader.machine,
  })
  const { lookups: taker } = options
  const spans = createLineSpans()

  function read(bytes: Buffer, from: number, to: number): AttributedRequest | LineFault {
    const end = endOf(bytes, from, to)
    const start = startOf(bytes, from, end)
    if (start === end) return 'EMPTY_LINE'
    if (end - start > MAX_LINE_BYTES) return 'LINE_TOO_LONG'
    return reader.find(bytes, start, end, spans) ?? fields.read(spans, reader.readTime)
  }

  function settle(request: AttributedRequest | LineFault): AttributedRequest | undefined {
    parser.lastLookup = undefined
    parser.lastFault = typeof request === 'string' ? request : undefined
    parser.lastRequest = typeof request === 'string' ? undefined : request
    return parser.lastRequest
  }

  const parser = {
    lastFault: undefined as LineFault | undefined,
    lastRequest: undefined as AttributedRequest | undefined,
    lastLookup: undefined as LookupLine | undefined,
    parse(line: Uint8Array, start = 0, end = line.length) {
      const bytes = Buffer.isBuffer(line) ? line : Buffer.from(line.buffer, line.byteOffset, line.byteLength)
      return settle(read(bytes, start, end))
    },
    findClient(line: Buffer, from: number, to: number) {
      const end = endOf(line, from, to)
      return reader.findClient(line.toString('latin1', startOf(line, from, end), end))
    },
    beginChunk: (chunk: Buffer) => reader.shaped?.begin(chunk),
    endChunk: () => reader.shaped?.end(),
    parseNext(bytes: Buffer, start: number) {
      const { shaped, machine, readTime } = reader
      const next = shaped === undefined || machine === undefined ? -1 : shaped.scan(bytes, start)
      if (next < 0 || machine === undefined) return -1
      const lookup = taker === undefined ? undefined : fields.lookups?.offer(taker, readTime)
      if (lookup === undefined) settle(fields.read(machine.spans, readTime))
      else {
        parser.lastFault = undefined
        parser.lastRequest = undefined
        parser.lastLookup = lookup
      }
      return next
    },
    parseLine: (text: string) => parser.parse(Buffer.from(text, 'utf8')),
  }
  return parser
}

/** Without the carriage return of a CRLF. */
function endOf(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === 0x0d ? end - 1 : end
}

/** Without a byte order mark. */
function startOf(bytes: Buffer, start: number, end: number): number {
  return end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf ? start + 3 : start
}

function readerOf(
  format: LogFormat,
  { haproxyOffsetMinutes = PORTAL_OFFSET_MINUTES, haproxyUserAgent, template = '' }: LineParserOptions,
): LineReader {
  switch (format) {
    case 'template':
      return createTemplateReader(template)
    case 'nginx-json':
      return createJsonReader()
    case 'combined':
      return { find: readCombinedLine, readTime: readClfTime, findClient: findCombinedClient }
    case 'haproxy':
      return {
        find: readHaproxyLine,
        readTime: (bytes, start, end) => readHaproxyTime(bytes, start, end, haproxyOffsetMinutes),
        findClient: createHaproxyClientFinder(haproxyUserAgent),
      }
  }
}

function createTemplateReader(text: string): LineReader {
  const template = parseLogTemplate(text)
  return {
    find: (bytes, start, end, spans) => readTemplateLine(template, bytes, start, end, spans),
    readTime: { clf: readClfTime, iso: readIsoTime, epoch: readEpochTime }[template.timeForm],
    findClient: createTemplateClientFinder(template),
  }
}

/** The quickest way that understands the line: by the shape of the lines before, by one walk, by a whole JSON parser. All agree. */
function createJsonReader(): LineReader {
  const machine = createLineMachine()
  const shaped = createShapedScanner(machine)
  return {
    shaped,
    machine,
    readTime: readIsoTime,
    findClient: findJsonClient,
    find(bytes, start, end, spans) {
      if (!scanJsonLine(bytes, start, end, spans)) return readJsonLine(bytes, start, end, spans) ?? findMissing(spans)
      shaped.learn(bytes, start, end)
      return findMissing(spans)
    },
  }
}

/** The target is empty where nginx could not read the request, and missing where the log is not one of ours. */
function findMissing({ starts }: LineSpans): LineFault | undefined {
  return (starts[SPAN.uri] as number) < 0 ? 'MISSING_FIELD' : undefined
}
