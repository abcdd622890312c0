import { isLookup } from '../../rules/detect/is-lookup.ts'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import type { Attributor } from '../../rules/requests/attributor.ts'
import type { LineFault } from '../../rules/requests/line-fault.ts'
import { createLineParser, type LogDialect, MAX_LINE_BYTES } from '../../rules/requests/log-format.ts'
import type { LookupTaker } from '../../rules/requests/lookup-line.ts'
import { createLineSplitter, type LineSplitter } from './split-lines.ts'

/** What came in from one log. Text of the log is nowhere in it. */
export interface IntakeCounts {
  lines: number
  requests: number
  /** Look-ups whose account nobody can tell: no name, none in a token, no log-in from that address lately. They count for no account. */
  unnamed: number
  /** Lines that gave no request, by reason. */
  readonly faults: Partial<Record<LineFault, number>>
  /** Time of the newest line read, milliseconds since 1970; 0 before the first. */
  lastAtMs: number
}

export interface IntakeOptions extends LogDialect {
  /** Hides the persons looked up. */
  readonly key: Uint8Array
  /** Shared by the logs of one host. */
  readonly attributor: Attributor
  /** Gets each request in the order of the lines. @param findClient the User-Agent in its line (`FindClient`), to be asked before it returns */
  readonly takeRequest: (request: AttributedRequest, findClient: () => string | undefined) => void
  /** Is offered a line before a request is made of it, if the line tells no more than most do. */
  readonly lookups?: LookupTaker
}

/** Turns the bytes of one log into requests. Watch and replay read logs through this and nothing else. */
export interface LogIntake {
  readonly counts: IntakeCounts
  /** Reads one line that is known to end at `end`, such as that of a datagram. */
  takeLine(bytes: Buffer, start: number, end: number): void
  /** A cutter for the next file of the log. */
  createSplitter(): LineSplitter
}

export function createLogIntake({ format, takeRequest, ...options }: IntakeOptions): LogIntake {
  const parser = createLineParser(format, options)
  const counts: IntakeCounts = { lines: 0, requests: 0, unnamed: 0, faults: {}, lastAtMs: 0 }

  function countFault(fault: LineFault): void {
    counts.faults[fault] = (counts.faults[fault] ?? 0) + 1
  }

  const line: { bytes: Buffer; start: number; end: number } = { bytes: Buffer.alloc(0), start: 0, end: 0 }
  const findClient = (): string | undefined => parser.findClient(line.bytes, line.start, line.end)

  function takeLine(bytes: Buffer, start: number, end: number): void {
    parser.parse(bytes, start, end)
    countLine(bytes, start, end)
  }

  function takeNext(bytes: Buffer, start: number): number {
    const next = parser.parseNext(bytes, start)
    // A line feed stands before the place behind the line.
    if (next >= 0) countLine(bytes, start, next - 1)
    return next
  }

  /** Counts the line that the parser read last, and hands on its request. */
  function countLine(bytes: Buffer, start: number, end: number): void {
    counts.lines++
    const { lastRequest: request, lastLookup: lookup } = parser
    if (lookup !== undefined) {
      counts.requests++
      counts.lastAtMs = lookup.atMs
      return
    }
    if (request === undefined) {
      if (parser.lastFault !== undefined) countFault(parser.lastFault)
      return
    }
    counts.requests++
    if (request.account === undefined && isLookup(request.class)) counts.unnamed++
    counts.lastAtMs = request.atMs
    line.bytes = bytes
    line.start = start
    line.end = end
    takeRequest(request, findClient)
  }

  const next = { beginChunk: (chunk: Buffer) => parser.beginChunk(chunk), endChunk: () => parser.endChunk(), takeNext }

  function skipLine(): void {
    counts.lines++
    countFault('LINE_TOO_LONG')
  }

  return { counts, takeLine, createSplitter: () => createLineSplitter(MAX_LINE_BYTES, takeLine, skipLine, next) }
}
