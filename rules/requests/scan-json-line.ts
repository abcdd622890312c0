import { clearSpans, type LineSpans, SPAN, SPAN_NAMES } from './line-spans.ts'

/** Bytes that stand for themselves inside a JSON string: printable ASCII but `"` and `\`. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
)
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
  if (bytes[start] !== OPEN || bytes[end - 1] !== CLOSE) return false
  let i = start + 1
  for (;;) {
    if (bytes[i] !== QUOTE) return false
    const keyStart = i + 1
    i = skipPlain(bytes, keyStart)
    if (bytes[i] !== QUOTE) return false
    const span = spanOfKey(bytes, keyStart, i)
    i += 1
    if (bytes[i] !== COLON) return false
    i += 1
    if (bytes[i] === SPACE) i += 1
    let valueStart = i
    let valueEnd: number
    if (bytes[i] === QUOTE) {
      valueStart = i + 1
      valueEnd = skipPlain(bytes, valueStart)
      if (bytes[valueEnd] !== QUOTE) return false
      i = valueEnd + 1
    } else {
      i = valueEnd = skipNumber(bytes, i)
      if (valueEnd === valueStart || (span >= 0 && !mayBeNumber(span, bytes, valueStart, valueEnd))) return false
    }
    if (span >= 0) {
      if ((spans.starts[span] as number) >= 0) return false
      spans.starts[span] = valueStart
      spans.ends[span] = valueEnd
    }
    // A value that ran over the end of the line belongs to the next one.
    if (i >= end) return false
    if (bytes[i] === CLOSE) return i === end - 1
    if (bytes[i] !== COMMA) return false
    i += 1
    if (bytes[i] === SPACE) i += 1
  }
}

function skipPlain(bytes: Buffer, start: number): number {
  let i = start
  while (PLAIN[bytes[i] as number] === 1) i += 1
  return i
}

/** The end of a number without exponent (RFC 8259 §6); `start` where there is none. */
function skipNumber(bytes: Buffer, start: number): number {
  let i = bytes[start] === MINUS ? start + 1 : start
  const whole = i
  i = skipDigits(bytes, i)
  if (i === whole || (bytes[whole] === ZERO && i > whole + 1)) return start
  if (bytes[i] !== DOT) return i
  const fraction = i + 1
  i = skipDigits(bytes, fraction)
  return i === fraction ? start : i
}

function skipDigits(bytes: Buffer, start: number): number {
  let i = start
  for (let byte = bytes[i] as number; byte >= ZERO && byte <= 0x39; byte = bytes[i] as number) i += 1
  return i
}

/** Port and status are often numbers; a short run of digits reads the same as number and as text. */
function mayBeNumber(span: number, bytes: Buffer, start: number, end: number): boolean {
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
    case 11:
      return SPAN.accessToken
    case 13:
      return SPAN.authorization
    default:
      return -1
  }
}
