import { asciiLower } from './ascii-lower.ts'
import { createByteCache } from './byte-cache.ts'
import { decodePercent, decodeQueryPart } from './decode-percent.ts'
import { findAccount, type PortalAccount } from './find-account.ts'
import { findFunction, type PortalFunction } from './find-function.ts'
import type { LineSpans } from './line-spans.ts'
import { normalisePath } from './normalise-path.ts'
import { skipPath, skipValue } from './skip-bytes.ts'

/** Bytes in both forms that reading needs. */
type LineBytes = Pick<LineSpans, 'bytes' | 'view'>

/** What a request target (RFC 9112 §3.2) says. One object serves a whole log; the next `read` overwrites it. */
export interface TargetReader {
  /** Reads the target that fills `[start, end)` of the bytes. */
  read(spans: LineBytes, start: number, end: number): void
  /** The account that `[start, end)` of the bytes names, for a field that holds nothing else. */
  readAccount(spans: LineBytes, start: number, end: number): PortalAccount | undefined
  readonly function: PortalFunction
  /** The account of the first `username` parameter. */
  readonly account: PortalAccount | undefined
  /** Where the first token parameter stands in the bytes given; -1 if there is none. */
  readonly tokenStart: number
  readonly tokenEnd: number
}

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

export function createTargetReader(): TargetReader {
  const functions = createByteCache(2048, 96, (path) => findFunction(normalisePath(path)))
  const accounts = createByteCache(65_536, 24, (value) => findAccount(decodeQueryPart(value)))
  const none = findFunction('/')

  function readQuery({ bytes, view }: LineBytes, start: number, end: number): void {
    let hasUsername = false
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
      if (!hasUsername && isUsername(bytes, nameStart, nameEnd, marks === ENCODED)) {
        hasUsername = true
        reader.account = accounts.get(view, valueStart, i)
      } else if (reader.tokenStart < 0 && isToken(bytes, nameStart, nameEnd)) {
        reader.tokenStart = valueStart
        reader.tokenEnd = i
      }
      if (i < end && bytes[i] === HASH) return
      i += 1
    }
  }

  const reader = {
    function: none,
    account: undefined as PortalAccount | undefined,
    tokenStart: -1,
    tokenEnd: -1,
    readAccount: (spans: LineBytes, start: number, end: number) => accounts.get(spans.view, start, end),
    read(spans: LineBytes, start: number, end: number) {
      const { bytes, view } = spans
      reader.function = none
      reader.account = undefined
      reader.tokenStart = -1
      const pathStart = start < end && bytes[start] === SLASH ? start : startOfPath(bytes, start, end)
      if (pathStart < 0) return
      const pathEnd = skipPath(view, pathStart, end)
      reader.function = functions.get(view, pathStart, pathEnd)
      if (pathEnd < end && bytes[pathEnd] === QUESTION) readQuery(spans, pathEnd + 1, end)
    },
  }
  return reader
}

/** The token of a query, to be decoded and forgotten. A `+` is one of base64's own characters here, no space. */
export function tokenText(bytes: Buffer, start: number, end: number): string {
  return decodePercent(latin1(bytes, start, end))
}

/** After the host of an absolute target (RFC 9112 §3.2.2); -1 for `*`, `host:443` and other targets without a path. */
function startOfPath(bytes: Buffer, start: number, end: number): number {
  const host = ABSOLUTE.exec(latin1(bytes, start, Math.min(end, start + 2048)))
  return host === null ? -1 : start + host[0].length
}

function isUsername(bytes: Buffer, start: number, end: number, isEncoded: boolean): boolean {
  if (isEncoded) return end - start <= 64 && asciiLower(decodeQueryPart(latin1(bytes, start, end))) === 'username'
  return isName(bytes, start, end, USERNAME)
}

function isToken(bytes: Buffer, start: number, end: number): boolean {
  for (const name of TOKEN_NAMES) if (isName(bytes, start, end, name)) return true
  return false
}

/** In any case; `name` is in lower case. */
function isName(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false
  for (let k = 0; k < name.length; k += 1) if (((bytes[start + k] as number) | 0x20) !== name[k]) return false
  return true
}

function latin1(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end)
}
