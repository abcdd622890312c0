import { Value } from 'typebox/value'
import { FlagLine } from '../../rules/reports/flag.ts'
import { sendRequest } from '../control/http-request.ts'
import { WatchLinkError } from './watch-link-error.ts'

/** `watch` says `alive` every 10 s. */
const SILENCE_MS = 35_000
/** The longest flag is a tenth of it. */
const MAX_LINE_BYTES = 65_536

/** What the stream of flags brings. */
export interface FlagListener {
  /** A line of the agreed form. */
  onLine(line: FlagLine): void
  /** A line that is not; its bytes are not kept. */
  onRefused(lineBytes: number): void
}

/**
 * Reads `GET /flags` from the socket of `watch` until the stream ends. `watch` parses hostile input, so each line is judged strictly.
 * @throws WatchLinkError
 */
export async function followFlags(socketPath: string, listener: FlagListener, signal: AbortSignal): Promise<void> {
  try {
    const answer = await sendRequest({
      url: new URL('http://watch/flags'),
      socketPath,
      method: 'GET',
      headers: {},
      idleTimeoutMs: SILENCE_MS,
      signal,
    })
    if (answer.statusCode !== 200) {
      answer.destroy()
      throw new WatchLinkError('WATCH_ANSWER', `Cannot follow flags: ${JSON.stringify(socketPath)} answered ${answer.statusCode}`)
    }
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) takeLine(line, listener)
      if (rest.length > MAX_LINE_BYTES) {
        answer.destroy()
        throw new WatchLinkError('WATCH_ANSWER', `Cannot follow flags: a line is longer than ${MAX_LINE_BYTES} characters`)
      }
    }
  } catch (cause) {
    if (cause instanceof WatchLinkError) throw cause
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
    throw new WatchLinkError('WATCH_AWAY', `Cannot follow flags at ${JSON.stringify(socketPath)}: ${reason}`, { cause })
  }
}

function takeLine(text: string, listener: FlagListener): void {
  const line = parseJson(text)
  if (Value.Check(FlagLine, line) && hasReadableTimes(line)) listener.onLine(line)
  else listener.onRefused(Buffer.byteLength(text))
}

/** A leap second is a date-time (RFC 3339 §5.6) that no `Date` holds: a block that ends at NaN would end never, and stop every pass after it. */
function hasReadableTimes(line: FlagLine): boolean {
  if (line.kind !== 'flag') return true
  return [line.at, line.until ?? line.at].every((at) => !Number.isNaN(Date.parse(at)))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Told by onRefused.
  }
}
