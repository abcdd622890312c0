import { findLineShape, type LineShape, MAX_GAP_BYTES } from './line-shape.ts'
import { clearSpans, type LineSpans, MARK, SPAN } from './line-spans.ts'
import { isTokenName, isUsernameName } from './mark-target.ts'
import { findStop } from './skip-bytes.ts'

/** So many lines in a row that are sound and of another shape, and the shape is learnt anew. */
const MISSES_TO_LEARN = 16

const QUOTE = 0x22
const AMPERSAND = 0x26
const SLASH = 0x2f
const ZERO = 0x30
const EQUALS = 0x3d
const QUESTION = 0x3f

/** For `findStop`: control characters; up to `&`; up to `+`. */
const BELOW_SPACE = 0x2020_2020
const UP_TO_AMPERSAND = 0x2727_2727
const UP_TO_PLUS = 0x2c2c_2c2c
const QUOTES = 0x2222_2222
const EQUALS_SIGNS = 0x3d3d_3d3d
const QUESTIONS = 0x3f3f_3f3f

/** Bytes below `0x2c` that mean nothing where `findStop` stops at them: in a path or value, and in the name of a parameter. */
const MEANS_NOTHING = meaningless(" !$%'()*+")
const NAMES_NOTHING = meaningless(" !$'()*")

/**
 * The quick way through a log whose lines are all written by one `log_format`: what stands between the values is compared, not searched.
 * Learnt from lines that the general scanner understood; true only where it would find the same places and `markTarget` the same marks.
 * False says nothing about the line.
 */
export interface ShapedScanner {
  /** The place behind the object that begins at `start`, wherever the line ends; -1 where the general scanners must decide. */
  scan(bytes: Buffer, start: number, spans: LineSpans): number
  /** A line that `scan` gave up and `scanJsonLine` understood. */
  learn(bytes: Buffer, start: number, end: number): void
}

export function createShapedScanner(): ShapedScanner {
  let shape: LineShape | undefined
  let misses = 0

  return {
    scan(bytes, start, spans) {
      if (shape === undefined) return -1
      clearSpans(spans, bytes)
      // Words of a gap are read whole: room for the longest one behind the last value.
      const end = scanShape(shape, start, bytes.length - MAX_GAP_BYTES, spans)
      if (end >= 0) misses = 0
      return end
    },
    learn(bytes, start, end) {
      misses += 1
      if (shape !== undefined && misses < MISSES_TO_LEARN) return
      shape = findLineShape(bytes, start, end) ?? shape
      misses = 0
    },
  }
}

function scanShape(shape: LineShape, start: number, limit: number, spans: LineSpans): number {
  const { view, starts, ends } = spans
  const { members, firstWord, gapBytes, words, masks, span: spanOf, isText } = shape
  let i = start
  for (let member = 0; member < members; member += 1) {
    if (i >= limit) return -1
    const valueStart = i + (gapBytes[member] as number)
    const lastWord = firstWord[member + 1] as number
    for (let word = firstWord[member] as number; word < lastWord; word += 1, i += 4) {
      if (((view.getInt32(i, true) ^ (words[word] as number)) & (masks[word] as number)) !== 0) return -1
    }
    const span = spanOf[member] as number
    if (span === SPAN.uri) i = markPlainTarget(spans, valueStart, limit)
    else if (isText[member] === 1) i = skipText(view, valueStart, limit)
    else i = skipFigure(view, valueStart, limit)
    if (i < 0) return -1
    if (span >= 0) {
      starts[span] = valueStart
      ends[span] = i
    }
  }
  const end = i + (gapBytes[members] as number)
  for (let word = firstWord[members] as number; word < (firstWord[members + 1] as number); word += 1, i += 4) {
    if (((view.getInt32(i, true) ^ (words[word] as number)) & (masks[word] as number)) !== 0) return -1
  }
  return end
}

/** The place of the quote that ends a text without escapes, from `start` on; -1 where there is none before `end`. */
function skipText(view: DataView, start: number, end: number): number {
  const i = findStop(view, start, end, BELOW_SPACE, QUOTES)
  return i < end && view.getUint8(i) === QUOTE ? i : -1
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
  let i = findStop(view, start, end, UP_TO_AMPERSAND, QUESTIONS)
  let byte = view.getUint8(i)
  while (i < end && MEANS_NOTHING[byte] === 1) {
    i = findStop(view, i + 1, end, UP_TO_AMPERSAND, QUESTIONS)
    byte = view.getUint8(i)
  }
  // `&` means nothing in a path, and is rare enough there.
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
    i = findStop(view, i, end, UP_TO_PLUS, EQUALS_SIGNS)
    let byte = view.getUint8(i)
    while (i < end && NAMES_NOTHING[byte] === 1) {
      i = findStop(view, i + 1, end, UP_TO_PLUS, EQUALS_SIGNS)
      byte = view.getUint8(i)
    }
    const nameEnd = i
    if (byte === EQUALS) {
      i = findStop(view, i + 1, end, UP_TO_AMPERSAND, QUOTES)
      byte = view.getUint8(i)
      while (i < end && MEANS_NOTHING[byte] === 1) {
        i = findStop(view, i + 1, end, UP_TO_AMPERSAND, QUOTES)
        byte = view.getUint8(i)
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
    if (byte !== AMPERSAND || i >= end) return i
    i += 1
  }
}

function meaningless(characters: string): Uint8Array {
  const bytes = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) bytes[byte] = 1
  return bytes
}
