import { createLineSplitter } from '../../agent/watch/split-lines.ts'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import { createAttributor } from '../../rules/requests/attributor.ts'
import { createFieldReader } from '../../rules/requests/field-reader.ts'
import type { LineFault } from '../../rules/requests/line-fault.ts'
import { createLineSpans, SPAN } from '../../rules/requests/line-spans.ts'
import { createLineParser, FUNCTIONS_STOP_AT_MS, type LogFormat, MAX_LINE_BYTES } from '../../rules/requests/log-format.ts'
import { readIsoTime } from '../../rules/requests/log-time.ts'
import { readJsonLine } from '../../rules/requests/read-json-line.ts'
import type { Seeded } from './seeded.ts'

const KEY = new Uint8Array(32).fill(1)

export type LineAnswer = AttributedRequest | LineFault

/** What `watch` reads from a log that comes in pieces cut anywhere. */
export function readInPieces(format: LogFormat, lines: readonly Buffer[], seeded: Seeded): LineAnswer[] {
  const parser = createLineParser(format, { key: KEY })
  const answers: LineAnswer[] = []
  const take = (): void => void answers.push(parser.lastRequest ?? parser.lastFault ?? 'EMPTY_LINE')
  const splitter = createLineSplitter(
    MAX_LINE_BYTES,
    (bytes, start, end) => {
      parser.parse(bytes, start, end)
      take()
    },
    () => answers.push('LINE_TOO_LONG'),
    {
      beginChunk: (chunk) => parser.beginChunk(chunk),
      endChunk: () => parser.endChunk(),
      takeNext(bytes, start) {
        const next = parser.parseNext(bytes, start)
        if (next >= 0) take()
        return next
      },
    },
  )
  const log = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
  for (let at = 0; at < log.length; ) {
    const bytes = 1 + seeded.below(seeded.below(4) === 0 ? 300 : 30_000)
    splitter.push(log.subarray(at, at + bytes))
    at += bytes
  }
  splitter.finish()
  return answers
}

/** What the general way says of each line of a JSON log: the whole JSON parser, no shape, no memory of other lines but of log-ins. */
export function readGenerally(lines: readonly Buffer[]): LineAnswer[] {
  const fields = createFieldReader({ key: KEY, functionsStopAtMs: FUNCTIONS_STOP_AT_MS, attributor: createAttributor() })
  const spans = createLineSpans()
  return lines.map((line) => {
    const withoutMark = line.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? line.subarray(3) : line
    const bare = withoutMark.at(-1) === 0x0d ? withoutMark.subarray(0, -1) : withoutMark
    if (bare.length === 0) return 'EMPTY_LINE'
    const fault = readJsonLine(bare, 0, bare.length, spans)
    if (fault !== undefined) return fault
    return (spans.starts[SPAN.uri] ?? -1) < 0 ? 'MISSING_FIELD' : fields.read(spans, readIsoTime)
  })
}
