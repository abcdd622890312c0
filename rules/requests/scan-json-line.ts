import { clearSpans, type LineSpans, SPAN, SPAN_NAMES } from './line-spans.ts'
import { skipPlain } from './skip-bytes.ts'

const KEYS = SPAN_NAMES.map((name) => Buffer.from(name, 'latin1'))

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/**
 * Finds the fields of a flat JSON object in one walk over its bytes, keys in any order. False for anything out of the ordinary (escapes,
 * nesting, literals, bytes beyond ASCII, a known key twice, any fault): then `readJsonLine` decides, and it alone. True only where both agree.
 */
export function scanJsonLine(bytes: Buffer, start: number, end: number, spans: LineSpans): boolean {
  clearSpans(spans, bytes)
  const { view, starts, ends } = spans
  // The last byte is `}`, no plain byte of a key and no digit, so no walk below leaves the line.
  const last = end - 1
  if (last <= start || bytes[start] !== OPEN || bytes[last] !== CLOSE) return false
  for (let i = start + 1; i < last; i += bytes[i + 1] === SPACE ? 2 : 1) {
    if (bytes[i] !== QUOTE) return false
    const keyStart = i + 1
    const keyEnd = skipPlain(view, keyStart, last)
    if (keyEnd + 2 > last || bytes[keyEnd] !== QUOTE || bytes[keyEnd + 1] !== COLON) return false
    const span = spanOfKey(bytes, keyStart, keyEnd)
    i = bytes[keyEnd + 2] === SPACE ? keyEnd + 3 : keyEnd + 2
    const isText = bytes[i] === QUOTE
    const valueStart = isText ? i + 1 : i
    const valueEnd = isText ? skipPlain(view, valueStart, last) : skipNumber(bytes, i)
    if (isText ? bytes[valueEnd] !== QUOTE : valueEnd === valueStart || !isFit(span, bytes, valueStart, valueEnd)) return false
    i = isText ? valueEnd + 1 : valueEnd
    if (span >= 0) {
      if ((starts[span] as number) >= 0) return false
      starts[span] = valueStart
      ends[span] = valueEnd
    }
    if (i === last) return true
    if (bytes[i] !== COMMA) return false
  }
  return false
}

/** The end of a number without exponent (RFC 8259 §6); `start` where there is none. What follows the line is no digit: see above. */
function skipNumber(bytes: Buffer, start: number): number {
  const whole = bytes[start] === MINUS ? start + 1 : start
  const wholeEnd = skipDigits(bytes, whole)
  if (wholeEnd === whole || (bytes[whole] === ZERO && wholeEnd > whole + 1)) return start
  if (bytes[wholeEnd] !== DOT) return wholeEnd
  const fractionEnd = skipDigits(bytes, wholeEnd + 1)
  return fractionEnd === wholeEnd + 1 ? start : fractionEnd
}

function skipDigits(bytes: Buffer, start: number): number {
  let i = start
  for (let byte = bytes[i] as number; byte >= ZERO && byte <= 0x39; byte = bytes[i] as number) i += 1
  return i
}

/** Port and status are often numbers: a short run of digits reads the same as number and as text. Any number will do for a key that we do not know. */
function isFit(span: number, bytes: Buffer, start: number, end: number): boolean {
  if (span < 0) return true
  return (span === SPAN.port || span === SPAN.status) && end - start <= 5 && skipDigits(bytes, start) === end
}

/** The field that the key names, or -1. */
function spanOfKey(bytes: Buffer, start: number, end: number): number {
  const span = guessSpan(end - start, bytes[start] as number)
  if (span < 0) return -1
  const key = KEYS[span] as Buffer
  for (let k = 0; k < key.length; k += 1) if (key[k] !== bytes[start + k]) return -1
  return key.length === end - start ? span : -1
}

/** Length and first letter tell all known keys apart. */
function guessSpan(length: number, first: number): number {
  switch (length) {
    case 2:
      return first === 0x61 ? SPAN.at : SPAN.ip
    case 3:
      return SPAN.uri
    case 4:
      return SPAN.port
    case 6:
      return first === 0x73 ? SPAN.status : SPAN.result
    case 7:
      return first === 0x61 ? SPAN.account : SPAN.subject
    case 8:
      return first === 0x75 ? SPAN.username : SPAN.facility
    case 12:
      return SPAN.subjectBlock
    case 11:
      return SPAN.accessToken
    case 13:
      return SPAN.authorization
    default:
      return -1
  }
}
