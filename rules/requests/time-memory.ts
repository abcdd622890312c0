import { isSame } from './byte-cache.ts'
import { type LineSpans, SPAN } from './line-spans.ts'
import { FIGURE } from './wasm/line-layout.ts'

/** Milliseconds since 1970 of the time that fills `bytes[start, end)`, or NaN. */
export type ReadTime = (bytes: Buffer, start: number, end: number) => number

/** Remembers the last time read: a busy log has hundreds of lines for each second. */
export interface TimeMemory {
  /** What `readTime` says of the field `at`. One memory serves one way of reading. */
  read(spans: LineSpans, readTime: ReadTime): number
}

/** No time is longer; a longer text is read each time. */
const MAX_BYTES = 36

export function createTimeMemory(): TimeMemory {
  const text = new DataView(new ArrayBuffer(MAX_BYTES))
  let length = 0
  let atMs = NaN
  let timeNumber = 0
  let numberedMs = NaN
  return {
    read({ bytes, view, starts, ends, figures, hasFigures }, readTime) {
      if (hasFigures) {
        const number = figures[FIGURE.timeNumber] as number
        if (number === timeNumber) return numberedMs
        timeNumber = number
        numberedMs = readTime(bytes, starts[SPAN.at] as number, ends[SPAN.at] as number)
        return numberedMs
      }
      const start = starts[SPAN.at] as number
      const end = ends[SPAN.at] as number
      if (end - start === length && isSame(text, 0, view, start, length)) return atMs
      atMs = readTime(bytes, start, end)
      length = end - start <= MAX_BYTES ? end - start : 0
      for (let i = 0; i < length; i += 1) text.setUint8(i, view.getUint8(start + i))
      return atMs
    },
  }
}
