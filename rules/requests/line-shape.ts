import { SPAN_NAMES } from './line-spans.ts'

/** What stands between two values is no longer than this, keys and all. */
export const MAX_GAP_BYTES = 64
/** Lines with more members are read the general way. */
const MAX_MEMBERS = 64

/**
 * How the lines of one `log_format` look: what stands before each value and behind the last, as words of four bytes (little end first) with
 * masks for the last word. Arrays side by side, because they are walked for every line.
 */
export interface LineShape {
  readonly members: number
  /** By member, and one more for the end of the line. */
  readonly gapBytes: Int32Array
  /** Where a gap's words begin; one more than there are gaps. */
  readonly firstWord: Int32Array
  readonly words: Int32Array
  readonly masks: Int32Array
  /** By member: what its key names, or -1. */
  readonly span: Int32Array
  /** By member: 1 for a text, 0 for a figure. */
  readonly isText: Uint8Array
}

/** A member without escapes and what separates it from the next. */
const MEMBER = /"(?<key>[^"\\]*)": ?(?:"[^"\\]*(?<quote>")|(?<figure>-?[0-9.]+))(?:, ?|\}$)/y

/** The shape of a line that `scanJsonLine` understood; `undefined` for one with too many or too long members. */
export function findLineShape(bytes: Buffer, start: number, end: number): LineShape | undefined {
  const text = bytes.toString('latin1', start, end)
  const gaps: string[] = []
  const keys: string[] = []
  const isText: number[] = []
  const member = new RegExp(MEMBER)
  let gapStart = 0
  member.lastIndex = 1
  while (member.lastIndex < text.length) {
    const memberStart = member.lastIndex
    const groups = member.exec(text)?.groups
    if (groups === undefined) return undefined
    const { key = '', figure } = groups
    const colon = memberStart + key.length + 2
    const valueStart = (text[colon + 1] === ' ' ? colon + 2 : colon + 1) + (figure === undefined ? 1 : 0)
    gaps.push(text.slice(gapStart, valueStart))
    keys.push(key)
    isText.push(figure === undefined ? 1 : 0)
    gapStart = figure === undefined ? text.indexOf('"', valueStart) : valueStart + figure.length
  }
  gaps.push(text.slice(gapStart))
  const isSmall = keys.length <= MAX_MEMBERS && gaps.every(({ length }) => length <= MAX_GAP_BYTES)
  return keys.length > 0 && isSmall ? shapeOf(gaps, keys, isText) : undefined
}

function shapeOf(gaps: readonly string[], keys: readonly string[], isText: readonly number[]): LineShape {
  const wordCounts = gaps.map(({ length }) => Math.ceil(length / 4))
  const firstWord = [0, ...wordCounts].map((_, gap) => wordCounts.slice(0, gap).reduce((sum, count) => sum + count, 0))
  const names: readonly string[] = SPAN_NAMES
  return {
    members: keys.length,
    gapBytes: Int32Array.from(gaps, ({ length }) => length),
    firstWord: Int32Array.from(firstWord),
    words: Int32Array.from(gaps.flatMap((gap) => wordsOf(Buffer.from(gap, 'latin1')))),
    masks: Int32Array.from(gaps.flatMap((gap) => wordsOf(Buffer.alloc(gap.length, 0xff)))),
    span: Int32Array.from(keys, (key) => names.indexOf(key)),
    isText: Uint8Array.from(isText),
  }
}

/** Words of four bytes, zeros behind the end. */
function wordsOf(bytes: Buffer): number[] {
  const padded = Buffer.concat([bytes, Buffer.alloc(3)])
  return Array.from({ length: Math.ceil(bytes.length / 4) }, (_, word) => padded.readInt32LE(word * 4))
}
