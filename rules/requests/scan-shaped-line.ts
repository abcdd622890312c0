import type { ByteMarker } from './byte-marker.ts'
import { findLineShape, type LineShape, MAX_GAP_BYTES } from './line-shape.ts'
import { clearSpans, type LineSpans, MARK, SPAN } from './line-spans.ts'
import { isTokenName } from './mark-target.ts'

/** So many lines in a row that are sound and of another shape, and the shape is learnt anew. */
const MISSES_TO_LEARN = 16

const QUOTE = 0x22
const HASH = 0x23
const SLASH = 0x2f
const ZERO = 0x30
const EQUALS = 0x3d

/** Marked bytes that mean nothing in the value of a member. */
const PASSED_IN_TEXT = bytesOf('#%&+=?')

/** Parts of a target, as the first place of their bytes in `TARGET_STEPS`. */
const PATH = 0
const NAME = 256
const VALUE = 512
/** What a marked byte does there. Bytes that no step is named for refuse. */
const REFUSES = 0
const PASSES = 1
const ENDS = 2
const TARGET_STEPS = new Uint8Array(3 * 256)
for (const [part, passed, ends] of [
  [PATH, '%&+=', '?"'],
  [NAME, '?', '=&"'],
  [VALUE, '%+=?', '&"'],
] as const) {
  for (const byte of Buffer.from(passed)) TARGET_STEPS[part + byte] = PASSES
  for (const byte of Buffer.from(ends)) TARGET_STEPS[part + byte] = ENDS
}
const LOWER_CASE = 0x2020_2020
const USER = Buffer.from('user').readInt32LE()
const TOKE = Buffer.from('toke').readInt32LE()
const NAME_WORD = Buffer.from('name').readInt32LE()

/**
 * The quick way through a log whose lines are all written by one `log_format`: what stands between the values is compared, not searched, and the ends of
 * values are marked for a whole chunk at once. Learnt from lines that the general scanner understood; gives a place only where that would find the
 * same places and `markTarget` the same marks. -1 says nothing about the line.
 */
export interface ShapedScanner {
  /** Takes a chunk of the log, whose bytes stay as they are until `end`. */
  begin(chunk: Buffer): void
  /** The place behind the object that begins at `start`, wherever the line ends; -1 where the general scanners must decide. */
  scan(bytes: Buffer, start: number, spans: LineSpans): number
  /** A line of the chunk that `scan` gave up and `scanJsonLine` understood. */
  learn(bytes: Buffer, start: number, end: number): void
  end(): void
}

/** @param marker without one, nothing is scanned this way */
export function createShapedScanner(marker: ByteMarker | undefined): ShapedScanner {
  const walk = marker === undefined ? undefined : new MarkedWalk(marker)
  let chunk: Buffer | undefined
  let shape: LineShape | undefined
  let misses = 0

  return {
    begin(bytes) {
      chunk = bytes
      walk?.forget()
    },
    scan(bytes, start, spans) {
      if (walk === undefined || shape === undefined || bytes !== chunk) return -1
      if (spans.filledBy !== shape || spans.bytes !== bytes) clearSpans(spans, bytes)
      else for (let mark: number = MARK.path; mark <= MARK.token; mark += 1) spans.starts[mark] = -1
      spans.hasMarks = false
      walk.moveTo(bytes, start)
      const end = scanShape(shape, start, walk, spans)
      spans.filledBy = end < 0 ? undefined : shape
      if (end >= 0) misses = 0
      return end
    },
    learn(bytes, start, end) {
      if (bytes !== chunk) return
      misses += 1
      if (shape !== undefined && misses < MISSES_TO_LEARN) return
      shape = findLineShape(bytes, start, end) ?? shape
      misses = 0
    },
    end() {
      chunk = undefined
    },
  }
}

/** The marked bytes of a chunk, window by window. */
class MarkedWalk {
  readonly marker: ByteMarker
  readonly marks: Int32Array
  /** Where the marks begin and end in the chunk, and how many words they fill. */
  from = 0
  to = 0
  words = 0
  /** Nothing is read behind this place: gaps are compared whole words at a time. */
  limit = 0

  constructor(marker: ByteMarker) {
    this.marker = marker
    this.marks = marker.marks
  }

  forget(): void {
    this.to = 0
  }

  moveTo(bytes: Buffer, start: number): void {
    if (start < this.to) return
    this.from = start
    this.to = this.marker.mark(bytes, start)
    this.words = (this.to - start + 31) >> 5
    this.limit = Math.min(this.to, bytes.length - MAX_GAP_BYTES)
  }
}

/** The first marked byte from `place` on, both counted from the first byte marked; a place behind all words where there is none. */
function nextMarked(marks: Int32Array, words: number, place: number): number {
  let word = place >> 5
  if (word >= words) return words << 5
  let found = (marks[word] as number) & (-1 << (place & 31))
  while (found === 0) {
    word += 1
    if (word >= words) return words << 5
    found = marks[word] as number
  }
  return (word << 5) + 31 - Math.clz32(found & -found)
}

function scanShape(shape: LineShape, start: number, walk: MarkedWalk, spans: LineSpans): number {
  const { view, starts, ends } = spans
  const { members, firstWord, gapBytes, words, masks, span: spanOf, isText } = shape
  const { limit, marks, from, words: markWords } = walk
  let i = start
  for (let member = 0; member < members; member += 1) {
    if (i >= limit) return -1
    const valueStart = i + (gapBytes[member] as number)
    const lastWord = firstWord[member + 1] as number
    for (let word = firstWord[member] as number; word < lastWord; word += 1, i += 4) {
      if (((view.getInt32(i, true) ^ (words[word] as number)) & (masks[word] as number)) !== 0) return -1
    }
    const span = spanOf[member] as number
    if (span === SPAN.uri) i = markPlainTarget(spans, valueStart, walk)
    else if (isText[member] === 0) i = skipFigure(view, valueStart, limit)
    else {
      // `nextMarked` written out: this loop takes most of the time, and the compiler does not inline it here.
      let byte = HASH
      for (i = valueStart; PASSED_IN_TEXT[byte] === 1; i += 1) {
        const place = i - from
        let at = place >> 5
        let found = at < markWords ? (marks[at] as number) & (-1 << (place & 31)) : 0
        while (found === 0) {
          at += 1
          if (at >= markWords) return -1
          found = marks[at] as number
        }
        i = from + (at << 5) + 31 - Math.clz32(found & -found)
        if (i >= limit) return -1
        byte = view.getUint8(i)
      }
      i = byte === QUOTE ? i - 1 : -1
    }
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
function markPlainTarget(spans: LineSpans, start: number, walk: MarkedWalk): number {
  const { view, starts, ends } = spans
  const { marks, words, from, limit } = walk
  if (view.getUint8(start) !== SLASH) return -1
  let part = PATH
  let nameStart = start
  let nameEnd = start
  for (let i = from + nextMarked(marks, words, start - from); i < limit; i = from + nextMarked(marks, words, i + 1 - from)) {
    const byte = view.getUint8(i)
    const step = TARGET_STEPS[part + byte]
    if (step === PASSES) continue
    if (step === REFUSES) return -1
    if (part === PATH) {
      starts[MARK.path] = start
      ends[MARK.path] = i
      spans.hasMarks = true
    } else if (byte === EQUALS) {
      nameEnd = i
      part = VALUE
      continue
    } else if (part === VALUE) markParameter(spans, nameStart, nameEnd, nameEnd + 1, i)
    else markParameter(spans, nameStart, i, i, i)
    if (byte === QUOTE) return i
    part = NAME
    nameStart = i + 1
  }
  return -1
}

/** Marks a value whose name counts, if it is the first of its kind. */
function markParameter(spans: LineSpans, nameStart: number, nameEnd: number, start: number, end: number): void {
  const { bytes, view, starts, ends } = spans
  const nameBytes = nameEnd - nameStart
  let mark: number = MARK.token
  if (nameBytes === 8) {
    if ((view.getInt32(nameStart, true) | LOWER_CASE) !== USER) return
    if ((view.getInt32(nameStart + 4, true) | LOWER_CASE) !== NAME_WORD) return
    mark = MARK.name
  } else if (nameBytes === 5) {
    if ((view.getInt32(nameStart, true) | LOWER_CASE) !== TOKE || (view.getUint8(nameStart + 4) | 0x20) !== 0x6e) return
  } else if (nameBytes !== 11 || !isTokenName(bytes, nameStart, nameEnd)) return
  if ((starts[mark] as number) >= 0) return
  starts[mark] = start
  ends[mark] = end
}

function bytesOf(characters: string): Uint8Array {
  const bytes = new Uint8Array(256)
  for (const byte of Buffer.from(characters)) bytes[byte] = 1
  return bytes
}
