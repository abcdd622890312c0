/**
 * Times of access logs, read from bytes: the parser meets one on every line. Each gives milliseconds since 1970 (UTC),
 * or NaN for what is no possible date and time. A time without offset is never guessed, but for HAProxy, whose default layout has none.
 */

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `2026-11-22T08:00:00+07:00`, also with a fraction, `Z`, or `+0700` (RFC 3339 §5.6; ISO 8601 basic offset). */
export function readIsoTime(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS || (at(bytes, start + 10) | 0x20) !== LOWER_T)
    return NaN
  const year = readPair(bytes, start) * 100 + readPair(bytes, start + 2)
  const dayMs = dayOf(year, readPair(bytes, start + 5), readPair(bytes, start + 8))
  const clockMs = readClock(bytes, start + 11)
  const afterFraction = skipFraction(bytes, start + 19, end)
  return dayMs + clockMs + readFraction(bytes, start + 19, afterFraction) - readOffset(bytes, afterFraction, end)
}

/** `22/Nov/2026:08:00:00 +0700`, the time of the common log format. */
export function readClfTime(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 26 || bytes[start + 20] !== SPACE) return NaN
  return readClfLocal(bytes, start) - readOffset(bytes, start + 21, end)
}

/** `22/Nov/2026:08:00:00.655`, the accept date of HAProxy's `option httplog`, on the clock of a host `offsetMinutes` east of UTC. */
export function readHaproxyTime(bytes: Uint8Array, start: number, end: number, offsetMinutes: number): number {
  if (end - start !== 24 || bytes[start + 20] !== DOT) return NaN
  return (
    readClfLocal(bytes, start) + readFraction(bytes, start + 20, skipFraction(bytes, start + 20, end)) - offsetMinutes * MINUTE_MS
  )
}

/** `1795309200.655`, seconds since 1970 with milliseconds: nginx's `$msec`. */
export function readEpochTime(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 5 || end - start > 16 || bytes[end - 4] !== DOT) return NaN
  let atMs = 0
  for (let i = start; i < end; i += 1) {
    if (i === end - 4) continue
    if (!isDigit(at(bytes, i))) return NaN
    atMs = atMs * 10 + at(bytes, i) - 0x30
  }
  return atMs
}

const SPACE = 0x20
const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const SLASH = 0x2f
const COLON = 0x3a
const LOWER_T = 0x74
const LOWER_Z = 0x7a

function readClfLocal(bytes: Uint8Array, start: number): number {
  if (bytes[start + 2] !== SLASH || bytes[start + 6] !== SLASH || bytes[start + 11] !== COLON) return NaN
  const month = MONTHS.indexOf(String.fromCharCode(at(bytes, start + 3), at(bytes, start + 4), at(bytes, start + 5))) + 1
  const year = readPair(bytes, start + 7) * 100 + readPair(bytes, start + 9)
  return dayOf(year, month, readPair(bytes, start)) + readClock(bytes, start + 12)
}

/** Two digits, or NaN. */
function readPair(bytes: Uint8Array, start: number): number {
  const tens = at(bytes, start) - 0x30
  const ones = at(bytes, start + 1) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}

function readClock(bytes: Uint8Array, start: number): number {
  const hour = readPair(bytes, start)
  const minute = readPair(bytes, start + 3)
  const second = readPair(bytes, start + 6)
  const possible = hour < 24 && minute < 60 && second < 60 && bytes[start + 2] === COLON && bytes[start + 5] === COLON
  return possible ? ((hour * 60 + minute) * 60 + second) * 1000 : NaN
}

/** Midnight UTC of a day of the Gregorian calendar; NaN if there is no such day or it is before 1970. */
function dayOf(year: number, month: number, day: number): number {
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return NaN
  // Days from 1970 with years that begin in March, so that the leap day is the last (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) * DAY_MS
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** The place after `.` and its digits; `start` where there is no dot. */
function skipFraction(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== DOT) return start
  let i = start + 1
  while (i < end && isDigit(at(bytes, i))) i += 1
  return i
}

/** Whole milliseconds of a fraction of 1 to 9 digits, cut rather than rounded. */
function readFraction(bytes: Uint8Array, start: number, end: number): number {
  const digits = end - start - 1
  if (digits < 0) return 0
  if (digits === 0 || digits > 9) return NaN
  let ms = 0
  for (let i = 1; i <= 3; i += 1) ms = ms * 10 + (i <= digits ? at(bytes, start + i) - 0x30 : 0)
  return ms
}

/** Milliseconds east of UTC of `Z`, `+07:00` or `+0700` that ends at `end`. No place is further than 14 hours from UTC. */
function readOffset(bytes: Uint8Array, start: number, end: number): number {
  const sign = at(bytes, start)
  const length = end - start
  if (length === 1) return (sign | 0x20) === LOWER_Z ? 0 : NaN
  const hasColon = length === 6 && bytes[start + 3] === COLON
  if ((sign !== PLUS && sign !== MINUS) || (length !== 5 && !hasColon)) return NaN
  const minutes = readPair(bytes, start + 1) * 60 + readPair(bytes, end - 2)
  if (!(minutes <= 14 * 60) || readPair(bytes, end - 2) > 59) return NaN
  return (sign === MINUS ? -minutes : minutes) * MINUTE_MS
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function at(bytes: Uint8Array, i: number): number {
  return bytes[i] ?? 0
}
