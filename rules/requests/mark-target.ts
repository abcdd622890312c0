import { asciiLower } from './ascii-lower.ts'
import { decodeQueryPart } from './decode-percent.ts'
import { type LineSpans, MARK, SPAN } from './line-spans.ts'
import { skipPath, skipValue } from './skip-bytes.ts'

const HASH = 0x23
const PERCENT = 0x25
const AMPERSAND = 0x26
const PLUS = 0x2b
const SLASH = 0x2f
const EQUALS = 0x3d
const QUESTION = 0x3f

/** What a byte means in the name of a parameter. */
const ENDS = 1
const ENCODED = 2
const NAME_MARKS = new Uint8Array(256)
for (const byte of [EQUALS, AMPERSAND, HASH]) NAME_MARKS[byte] = ENDS
for (const byte of [PERCENT, PLUS]) NAME_MARKS[byte] = ENCODED

const ABSOLUTE = /^https?:\/\/[^/?#]*/i
const USERNAME = Buffer.from('username', 'latin1')
const TOKEN_NAMES = ['token', 'accesstoken'].map((name) => Buffer.from(name, 'latin1'))

/**
 * Finds in the field `uri` (a request target, RFC 9112 §3.2) its path, the value of the first `username` parameter and that of the first
 * token. The judge that `createShapedScanner` must agree with.
 */
export function markTarget(spans: LineSpans): void {
  const { bytes, view, starts, ends } = spans
  const start = starts[SPAN.uri] as number
  const end = ends[SPAN.uri] as number
  for (const mark of [MARK.path, MARK.name, MARK.token]) starts[mark] = -1
  spans.hasMarks = true
  if (start < 0) return
  const pathStart = start < end && bytes[start] === SLASH ? start : startOfPath(bytes, start, end)
  if (pathStart < 0) return
  const pathEnd = skipPath(view, pathStart, end)
  setMark(spans, MARK.path, pathStart, pathEnd)
  if (pathEnd < end && bytes[pathEnd] === QUESTION) markQuery(spans, pathEnd + 1, end)
}

function markQuery(spans: LineSpans, start: number, end: number): void {
  const { bytes, view, starts } = spans
  let i = start
  while (i < end) {
    const nameStart = i
    let marks = 0
    for (; i < end; i += 1) {
      const mark = NAME_MARKS[bytes[i] as number] as number
      if (mark === ENDS) break
      marks |= mark
    }
    const nameEnd = i
    const valueStart = i < end && bytes[i] === EQUALS ? i + 1 : i
    i = skipValue(view, valueStart, end)
    const plain = marks === ENCODED ? plainName(bytes, nameStart, nameEnd) : undefined
    if ((starts[MARK.name] as number) < 0 && (plain?.isUsername ?? isUsernameName(bytes, nameStart, nameEnd))) {
      setMark(spans, MARK.name, valueStart, i)
    } else if ((starts[MARK.token] as number) < 0 && (plain?.isToken ?? isTokenName(bytes, nameStart, nameEnd))) {
      setMark(spans, MARK.token, valueStart, i)
    }
    if (i < end && bytes[i] === HASH) return
    i += 1
  }
}

function setMark({ starts, ends }: LineSpans, mark: number, start: number, end: number): void {
  starts[mark] = start
  ends[mark] = end
}

/** After the host of an absolute target (RFC 9112 §3.2.2); -1 for `*`, `host:443` and other targets without a path. */
function startOfPath(bytes: Buffer, start: number, end: number): number {
  const host = ABSOLUTE.exec(bytes.toString('latin1', start, Math.min(end, start + 2048)))
  return host === null ? -1 : start + host[0].length
}

/** A name that is written with escapes. */
function plainName(bytes: Buffer, start: number, end: number): { readonly isUsername: boolean; readonly isToken: boolean } {
  const plain = end - start <= 64 ? asciiLower(decodeQueryPart(bytes.toString('latin1', start, end))) : ''
  return { isUsername: plain === 'username', isToken: plain === 'token' || plain === 'accesstoken' }
}

/** True for `username` in any case, not encoded. */
export function isUsernameName(bytes: Buffer, start: number, end: number): boolean {
  return isName(bytes, start, end, USERNAME)
}

/** True for the names under which clients send tokens, in any case. */
export function isTokenName(bytes: Buffer, start: number, end: number): boolean {
  for (const name of TOKEN_NAMES) if (isName(bytes, start, end, name)) return true
  return false
}

/** In any case; `name` is in lower case. */
function isName(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false
  for (let k = 0; k < name.length; k += 1) if (((bytes[start + k] as number) | 0x20) !== name[k]) return false
  return true
}
