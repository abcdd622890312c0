import type { LineFault } from './line-fault.ts'
import { clearSpans, type LineSpans, pointAt, SPAN } from './line-spans.ts'
import { findTargetEnd, findTargetStart } from './request-line.ts'
import { unescapeLogText } from './unescape-log-text.ts'

const SPACE = 0x20
const QUOTE = 0x22
const DASH = 0x2d
const BACKSLASH = 0x5c
/** `[22/Nov/2026:08:00:00 +0700] ` before the quote of the request. */
const TIME_BYTES = 26

/**
 * Reads `ip ident user [time] "request" status bytes …` (nginx `combined`, Apache `combined` and `common`), also with a virtual host in front.
 * The first raw `"` opens the request, because both servers escape quotes in what clients send; the time is what stands right before it, whatever
 * a forged user name pretends. Nothing after the byte count is looked at: Referer and User-Agent can name nobody.
 */
export function readCombinedLine(bytes: Buffer, start: number, end: number, spans: LineSpans): LineFault | undefined {
  clearSpans(spans, bytes)
  const open = skipTo(QUOTE, bytes, start, end)
  const timeEnd = open - 2
  const timeStart = timeEnd - TIME_BYTES
  if (open >= end || timeStart - 2 < start || bytes[timeStart - 1] !== 0x5b || bytes[timeEnd] !== 0x5d) return 'BAD_LAYOUT'
  if (bytes[timeStart - 2] !== SPACE || bytes[open - 1] !== SPACE || !findClient(bytes, start, timeStart - 2, spans))
    return 'BAD_LAYOUT'
  setSpan(spans, SPAN.at, timeStart, timeEnd)
  let close = open + 1
  let isEscaped = false
  while (close < end && bytes[close] !== QUOTE) {
    if (bytes[close] === BACKSLASH) isEscaped = true
    close += bytes[close] === BACKSLASH ? 2 : 1
  }
  if (!findStatus(bytes, close + 1, end, spans)) return 'BAD_LAYOUT'
  if (!isEscaped) setTarget(bytes, open + 1, close, spans)
  else {
    const head = bytes.subarray(start, close)
    const request = unescapeLogText(bytes.toString('latin1', open + 1, close))
    const tail = bytes.subarray(close, end)
    rebuild(spans, Buffer.concat([head, tail, Buffer.from(request, 'latin1')]), start, end - start)
  }
  return undefined
}

/** The client is before the ident `-`; what is before the client is a virtual host, chosen by the client and never believed. */
function findClient(bytes: Buffer, start: number, end: number, spans: LineSpans): boolean {
  const firstEnd = skipTo(SPACE, bytes, start, end)
  const secondEnd = skipTo(SPACE, bytes, firstEnd + 1, end)
  if (isDash(bytes, firstEnd + 1, secondEnd) && secondEnd < end) {
    setSpan(spans, SPAN.ip, start, firstEnd)
    return true
  }
  const thirdEnd = skipTo(SPACE, bytes, secondEnd + 1, end)
  if (!isDash(bytes, secondEnd + 1, thirdEnd) || thirdEnd >= end) return false
  setSpan(spans, SPAN.ip, firstEnd + 1, secondEnd)
  return true
}

/** ` 200 1234`, then the end or a space; `-` where there is no figure. */
function findStatus(bytes: Buffer, start: number, end: number, spans: LineSpans): boolean {
  if (bytes[start] !== SPACE) return false
  const statusEnd = skipTo(SPACE, bytes, start + 1, end)
  const hasStatus = statusEnd - start === 4 && isDigits(bytes, start + 1, statusEnd)
  if (!hasStatus && !isDash(bytes, start + 1, statusEnd)) return false
  const countEnd = skipTo(SPACE, bytes, statusEnd + 1, end)
  if (!isDigits(bytes, statusEnd + 1, countEnd) && !isDash(bytes, statusEnd + 1, countEnd)) return false
  if (hasStatus) setSpan(spans, SPAN.status, start + 1, statusEnd)
  return true
}

function setTarget(bytes: Buffer, start: number, end: number, spans: LineSpans): void {
  const target = findTargetStart(bytes, start, end)
  if (target >= 0) setSpan(spans, SPAN.uri, target, findTargetEnd(bytes, target, end))
}

/** Points at a copy of the line that has the unescaped request behind its end. */
function rebuild(spans: LineSpans, copy: Buffer, start: number, lineBytes: number): void {
  pointAt(spans, copy)
  for (let span = 0; span < spans.starts.length; span += 1) {
    if ((spans.starts[span] as number) < 0) continue
    spans.starts[span] = (spans.starts[span] as number) - start
    spans.ends[span] = (spans.ends[span] as number) - start
  }
  setTarget(copy, lineBytes, copy.length, spans)
}

function skipTo(byte: number, bytes: Buffer, start: number, end: number): number {
  let i = start
  while (i < end && bytes[i] !== byte) i += 1
  return i
}

function isDash(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 1 && bytes[start] === DASH
}

function isDigits(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if ((bytes[i] as number) < 0x30 || (bytes[i] as number) > 0x39) return false
  return end > start
}

function setSpan(spans: LineSpans, span: number, start: number, end: number): void {
  spans.starts[span] = start
  spans.ends[span] = end
}
