/** Where the fields of one line stand. One object serves a whole log: finding them makes no garbage. */
export interface LineSpans {
  /** What the spans point into: the caller's line, or a fresh buffer where the line had to be unescaped. */
  bytes: Buffer
  /** The same bytes, for reading several at once. */
  view: DataView
  /** By `SPAN`, then by `MARK`; -1 for what the line lacks. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** What was worked out of the values, by `FIGURE`, where somebody did (`hasFigures`). */
  readonly figures: Int32Array
  hasFigures: boolean
  /** The target was looked through: the places of `MARK` are those of this line. */
  hasMarks: boolean
}

/** The fields that count; their names are the keys of the JSON access log. */
export const SPAN = {
  at: 0,
  ip: 1,
  port: 2,
  status: 3,
  uri: 4,
  account: 5,
  username: 6,
  facility: 7,
  accessToken: 8,
  authorization: 9,
  subject: 10,
  result: 11,
  subjectBlock: 12,
} as const
export type SpanName = keyof typeof SPAN

export const SPAN_NAMES = Object.keys(SPAN) as readonly SpanName[]

/** What a request target holds, where somebody looked (`hasMarks`): places beside those of `SPAN` in the same arrays. */
export const MARK = { path: 13, name: 14, token: 15 } as const
const PLACES = SPAN_NAMES.length + Object.keys(MARK).length

export function createLineSpans(): LineSpans {
  const bytes = Buffer.alloc(0)
  return {
    bytes,
    view: viewOf(bytes),
    starts: new Int32Array(PLACES).fill(-1),
    ends: new Int32Array(PLACES),
    figures: new Int32Array(0),
    hasFigures: false,
    hasMarks: false,
  }
}

/** Forgets the line before and points at `bytes`. */
export function clearSpans(spans: LineSpans, bytes: Buffer): void {
  if (spans.bytes !== bytes) pointAt(spans, bytes)
  const { starts } = spans
  for (let span = 0; span < starts.length; span += 1) starts[span] = -1
  spans.hasMarks = false
}

/** Points at `bytes` without forgetting where the fields stand. */
export function pointAt(spans: LineSpans, bytes: Buffer): void {
  spans.bytes = bytes
  spans.view = viewOf(bytes)
}

/** Points at a fresh buffer that holds just these values (one character for each byte unless `encoding` says otherwise). */
export function fillSpans(
  spans: LineSpans,
  values: Partial<Record<SpanName, string>>,
  encoding: 'latin1' | 'utf8' = 'latin1',
): void {
  const names = SPAN_NAMES.filter((name) => values[name] !== undefined)
  const parts = names.map((name) => Buffer.from(values[name] ?? '', encoding))
  clearSpans(spans, Buffer.concat(parts))
  let start = 0
  for (const [i, name] of names.entries()) {
    const end = start + (parts[i]?.length ?? 0)
    spans.starts[SPAN[name]] = start
    spans.ends[SPAN[name]] = end
    start = end
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
