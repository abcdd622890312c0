import { findLineShape, type LineShape, MAX_GAP_BYTES } from './line-shape.ts'
import { clearSpans, type LineSpans, MARK, SPAN } from './line-spans.ts'
import { isTokenName, isUsernameName } from './mark-target.ts'
import { skipLetters } from './skip-bytes.ts'

/** So many lines in a row that are sound and of another shape, and the shape is learnt anew. */
const MISSES_TO_LEARN = 16

const QUOTE = 0x22
const HASH = 0x23
const PERCENT = 0x25
const AMPERSAND = 0x26
const PLUS = 0x2b
const SLASH = 0x2f
const ZERO = 0x30
const EQUALS = 0x3d
const QUESTION = 0x3f
const BACKSLASH = 0x5c

/** Bytes at which the walk stops, by where it is. Those that do not stand for themselves in a JSON text stop it everywhere. */
const STOPS_TEXT = stopsAt()
const STOPS_PATH = stopsAt(QUESTION, HASH)
const STOPS_NAME = stopsAt(EQUALS, AMPERSAND, HASH, PERCENT, PLUS)
const STOPS_VALUE = stopsAt(AMPERSAND, HASH)

/**
 * The quick way through a log whose lines are all written by one `log_format`: what stands between the values is compared, not searched.
 * Learnt from lines that the general scanner understood; true only where it would find the same places and `markTarget` the same marks.
 * False says nothing about the line.
 */
export interface ShapedScanner {
  scan(bytes: Buffer, start: number, end: number, spans: LineSpans): boolean
  /** A line that `scan` gave up and `scanJsonLine` understood. */
  learn(bytes: Buffer, start: number, end: number): void
}

export function createShapedScanner(): ShapedScanner {
  let shape: LineShape | undefined
  let misses = 0

  return {
    scan(bytes, start, end, spans) {
      // Words of a gap are read whole: room for the longest one behind the line.
      if (shape === undefined || end + MAX_GAP_BYTES > bytes.length) return false
      clearSpans(spans, bytes)
      if (!scanShape(shape, start, end, spans)) return false
      misses = 0
      return true
    },
    learn(bytes, start, end) {
      misses += 1
      if (shape !== undefined && misses < MISSES_TO_LEARN) return
      shape = findLineShape(bytes, start, end) ?? shape
      misses = 0
    },
  }
}

function scanShape(shape: LineShape, start: number, end: number, spans: LineSpans): boolean {
  const { view, starts, ends } = spans
  const { members, firstWord, gapBytes, words, masks, span: spanOf, isText } = shape
  let i = start
  for (let member = 0; member < members; member += 1) {
    const valueStart = i + (gapBytes[member] as number)
    const lastWord = firstWord[member + 1] as number
    for (let word = firstWord[member] as number; word < lastWord; word += 1, i += 4) {
      if (((view.getInt32(i, true) ^ (words[word] as number)) & (masks[word] as number)) !== 0) return false
    }
    const span = spanOf[member] as number
    if (span === SPAN.uri) i = markPlainTarget(spans, valueStart, end)
    else if (isText[member] === 1) i = skipText(view, valueStart, end)
    else i = skipFigure(view, valueStart, end)
    if (i < 0) return false
    if (span >= 0) {
      starts[span] = valueStart
      ends[span] = i
    }
  }
  for (let word = firstWord[members] as number; word < (firstWord[members + 1] as number); word += 1) {
    if (((view.getInt32(i, true) ^ (words[word] as number)) & (masks[word] as number)) !== 0) return false
  }
  return i + (gapBytes[members] as number) === end
}

/** The place of the quote that ends a text without escapes, from `start` on; -1 where there is none before `end`. */
function skipText(view: DataView, start: number, end: number): number {
  for (let i = start; i < end; i += 1) {
    const byte = view.getUint8(i)
    if (STOPS_TEXT[byte] === 1) return byte === QUOTE ? i : -1
  }
  return -1
}

/** The end of one to five digits without a leading zero; -1 for any other number. */
function skipFigure(view: DataView, start: number, end: number): number {
  let i = start
  for (; i < end; i += 1) {
    const digit = view.getUint8(i) - ZERO
    if (digit < 0 || digit > 9) break
  }
  const isFit = i > start && i - start <= 5 && (view.getUint8(start) !== ZERO || i === start + 1)
  return isFit ? i : -1
}

/**
 * Walks once through a target that begins with `/` and has nothing encoded in the names of its parameters, and marks what counts in it.
 * The place of the quote that ends it, or -1.
 */
function markPlainTarget(spans: LineSpans, start: number, end: number): number {
  const { view, starts, ends } = spans
  if (start >= end || view.getUint8(start) !== SLASH) return -1
  let i = start
  let byte = SLASH
  for (; i < end; i += 1) {
    byte = view.getUint8(i)
    if (STOPS_PATH[byte] === 1) break
  }
  starts[MARK.path] = start
  ends[MARK.path] = i
  spans.hasMarks = true
  if (i < end && byte === QUESTION) i = markPlainQuery(spans, i + 1, end)
  return i >= 0 && i < end && view.getUint8(i) === QUOTE ? i : -1
}

/** The place of the byte that ended the walk. */
function markPlainQuery(spans: LineSpans, start: number, end: number): number {
  const { bytes, view, starts, ends } = spans
  let i = start
  for (;;) {
    const nameStart = i
    let byte = 0
    for (; i < end; i += 1) {
      byte = view.getUint8(i)
      if (STOPS_NAME[byte] === 1) break
    }
    const nameEnd = i
    if (byte === EQUALS) {
      for (i = skipLetters(view, i + 1, end); i < end; i += 1) {
        byte = view.getUint8(i)
        if (STOPS_VALUE[byte] === 1) break
      }
    }
    const nameBytes = nameEnd - nameStart
    const valueStart = nameEnd < i ? nameEnd + 1 : nameEnd
    if (nameBytes === 8) {
      if ((starts[MARK.name] as number) < 0 && isUsernameName(bytes, nameStart, nameEnd)) {
        starts[MARK.name] = valueStart
        ends[MARK.name] = i
      }
    } else if ((nameBytes === 5 || nameBytes === 11) && (starts[MARK.token] as number) < 0) {
      if (isTokenName(bytes, nameStart, nameEnd)) {
        starts[MARK.token] = valueStart
        ends[MARK.token] = i
      }
    }
    if (byte !== AMPERSAND) return i
    i += 1
  }
}

function stopsAt(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    byte < 0x20 || byte >= 0x80 || byte === QUOTE || byte === BACKSLASH || bytes.includes(byte) ? 1 : 0,
  )
}
