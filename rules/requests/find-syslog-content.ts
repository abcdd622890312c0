const SPACE = 0x20
const DASH = 0x2d
const COLON = 0x3a
const OPEN = 0x5b
const BACKSLASH = 0x5c
const CLOSE = 0x5d
/** `Nov 22 08:00:00 ` */
const BSD_TIME_BYTES = 16
/** TIMESTAMP HOSTNAME APP-NAME PROCID MSGID */
const HEADER_FIELDS = 5

/** Where a line stands in a syslog message. */
export interface SyslogContent {
  start: number
  end: number
}

/**
 * Finds what a proxy wrote in a syslog message: behind the header of RFC 3164 (with or without a host, as nginx and HAProxy send it), of RFC 5424, behind
 * a priority alone, or all of a message without header. Nothing of the header is believed, and nothing behind it can be taken for one.
 * A line feed or NUL at the end, which some senders add, is left out.
 */
export function findSyslogContent(bytes: Uint8Array, start: number, end: number, into: SyslogContent): void {
  let last = end
  while (last > start && (bytes[last - 1] === 0x0a || bytes[last - 1] === 0x00)) last -= 1
  into.end = last
  const afterPriority = skipPriority(bytes, start, last)
  if (afterPriority < 0) into.start = start
  else if (bytes[afterPriority] === 0x31 && bytes[afterPriority + 1] === SPACE)
    into.start = skipHeader(bytes, afterPriority + 2, last)
  else into.start = skipBsdHeader(bytes, afterPriority, last)
}

/** Behind `<134>`; -1 where there is none (RFC 3164 §4.1.1: one to three digits). */
function skipPriority(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== 0x3c) return -1
  let i = start + 1
  while (i < end && i - start <= 3 && isDigit(bytes[i] as number)) i += 1
  return i > start + 1 && i < end && bytes[i] === 0x3e ? i + 1 : -1
}

/** `Nov 22 08:00:00 [host ]tag: `; a message without time has no header (HAProxy `format short`). */
function skipBsdHeader(bytes: Uint8Array, start: number, end: number): number {
  if (!isBsdTime(bytes, start, end)) return start
  const first = skipWord(bytes, start + BSD_TIME_BYTES, end)
  if (bytes[first - 1] === COLON) return Math.min(end, first + 1)
  const second = skipWord(bytes, first + 1, end)
  return bytes[second - 1] === COLON ? Math.min(end, second + 1) : start + BSD_TIME_BYTES
}

function isBsdTime(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= BSD_TIME_BYTES &&
    bytes[start + 3] === SPACE &&
    bytes[start + 6] === SPACE &&
    bytes[start + 9] === COLON &&
    bytes[start + 12] === COLON &&
    bytes[start + 15] === SPACE &&
    isDigit(bytes[start + 5] as number)
  )
}

/** RFC 5424 §6: five words, then `-` or elements in brackets, then the message with or without a byte order mark. */
function skipHeader(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  for (let field = 0; field < HEADER_FIELDS; field += 1) i = Math.min(end, skipWord(bytes, i, end) + 1)
  if (bytes[i] === DASH) i += 1
  else while (i < end && bytes[i] === OPEN) i = skipElement(bytes, i, end)
  if (i < end && bytes[i] === SPACE) i += 1
  const hasMark = end - i >= 3 && bytes[i] === 0xef && bytes[i + 1] === 0xbb && bytes[i + 2] === 0xbf
  return Math.min(end, hasMark ? i + 3 : i)
}

/** Behind `[id name="value \] \" \\"]`. */
function skipElement(bytes: Uint8Array, start: number, end: number): number {
  let i = start + 1
  while (i < end && bytes[i] !== CLOSE) i += bytes[i] === BACKSLASH ? 2 : 1
  return Math.min(end, i + 1)
}

/** The place of the space that ends a word. */
function skipWord(bytes: Uint8Array, start: number, end: number): number {
  let i = start
  while (i < end && bytes[i] !== SPACE) i += 1
  return i
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
