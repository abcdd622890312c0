import { SPAN_NAMES } from './line-spans.ts'

/** What stands between two values is no longer than this, keys and all. */
export const MAX_GAP_BYTES = 64
/** Lines with more members are read the general way. */
export const MAX_MEMBERS = 64

/** How the lines of one `log_format` look: what stands before each value and behind the last. */
export interface LineShape {
  /** By member, and one more for the end of the line; one character for each byte. */
  readonly gaps: readonly string[]
  /** By member: what its key names, or -1. */
  readonly spans: readonly number[]
  /** By member: a text, or a figure. */
  readonly areTexts: readonly boolean[]
}

const NAMES: readonly string[] = SPAN_NAMES

/** A member without escapes and what separates it from the next. */
const MEMBER = /"(?<key>[^"\\]*)": ?(?:"[^"\\]*(?<quote>")|(?<figure>-?[0-9.]+))(?:, ?|\}$)/y

/** The shape of a line that `scanJsonLine` understood; `undefined` for one with too many or too long members. */
export function findLineShape(bytes: Buffer, start: number, end: number): LineShape | undefined {
  const text = bytes.toString('latin1', start, end)
  const gaps: string[] = []
  const spans: number[] = []
  const areTexts: boolean[] = []
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
    spans.push(NAMES.indexOf(key))
    areTexts.push(figure === undefined)
    gapStart = figure === undefined ? text.indexOf('"', valueStart) : valueStart + figure.length
  }
  gaps.push(text.slice(gapStart))
  const isSmall = spans.length <= MAX_MEMBERS && gaps.every(({ length }) => length <= MAX_GAP_BYTES)
  return spans.length > 0 && isSmall ? { gaps, spans, areTexts } : undefined
}
