import type { LineShape } from './line-shape.ts'
import { type LineSpans, SPAN } from './line-spans.ts'
import { instantiate } from './wasm/instantiate.ts'
import { lineCode } from './wasm/line-code.ts'
import {
  AT,
  FIGURE,
  KIND,
  LINE,
  LINE_FIGURES,
  LINE_PLACES,
  LINE_WORDS,
  LINES,
  MAX_PATH_BYTES,
  MEMBER,
  MEMBER_BYTES,
  MIN_PATH_BYTES,
  PAD_BYTES,
  PART,
  PATH,
  PATHS,
  STEP,
  UNASKED,
  WINDOW_BYTES,
} from './wasm/line-layout.ts'

/** Marked bytes that mean nothing in the value of a member. */
const PASSED_IN_TEXT = '#%&+=?'
/** What marked bytes do in the parts of a target; those that no step is named for refuse. */
const TARGET_STEPS = [
  [PART.path, '%&+=', '?"'],
  [PART.name, '?', '=&"'],
  [PART.value, '%+=?', '&"'],
] as const

/** Takes lines of one shape apart in WebAssembly, window by window of a log. */
export interface LineMachine {
  /** Takes in what follows `start`, up to a window of it; gives the place behind the last byte taken. */
  load(bytes: Uint8Array, start: number): number
  setShape(shape: LineShape): void
  /** The line that begins at `place` of the window: the place behind its line feed, or -1. `spans` then tell where its fields stand. */
  scan(place: number): number
  /** Recognises the path that fills `[start, end)` of the window from now on, instead of one told before: `FIGURE.path` gives its number. `undefined` if it is too long or too short. */
  tellPath(start: number, end: number): number | undefined
  /** Fields of the line that was scanned last, in memory of the machine. */
  readonly spans: LineSpans
  /** Lines are scanned several at a time: their fields, the same as words (`LINE_WORDS` a line, `WORD` says where), their accounts (`FacilityAccount`, -1 for others), and which of them was scanned last. */
  readonly lines: readonly LineSpans[]
  readonly words: Int32Array
  readonly accounts: Int32Array
  readonly number: number
  /** How many were scanned since this was asked last. */
  takeFresh(): number
}

interface LineExports {
  readonly mark: (bytes: number) => void
  readonly scanLines: (start: number) => number
}

/**
 * A few loops in WebAssembly, because JavaScript has none that look at 16 bytes at once, and most of the time that a log takes is spent on passing over tokens.
 * `undefined` where there is no WebAssembly or it has no SIMD; then lines are read the general way.
 */
export function createLineMachine(): LineMachine | undefined {
  const exports = instantiate<LineExports>(lineCode())
  if (exports === undefined) return undefined
  const { buffer } = exports.memory
  const text = Buffer.from(buffer, 0, AT.end)
  const words = new DataView(buffer)
  const memory = new Uint8Array(buffer)
  let toldPaths = 0
  const starts = new Int32Array(buffer, AT.starts, UNASKED)
  const lines = Array.from({ length: LINES }, (_, line): LineSpans => {
    const at = AT.lines + line * LINE.bytes
    return {
      bytes: text,
      view: words,
      starts: new Int32Array(buffer, at + LINE.starts, LINE_PLACES),
      ends: new Int32Array(buffer, at + LINE.ends, LINE_PLACES),
      figures: new Int32Array(buffer, at + LINE.figures, LINE_FIGURES),
      hasMarks: true,
      hasFigures: true,
    }
  })
  /** Lines that were scanned, the next one to be handed on, and where it begins. */
  let [scanned, next, nextPlace, fresh] = [0, 0, -1, 0]
  words.setInt32(AT.timeBytes, -1, true)
  words.setInt32(AT.pathsEnd, AT.paths, true)
  for (const byte of Buffer.from(PASSED_IN_TEXT)) words.setUint8(AT.passed + byte, 1)
  for (const [part, passed, ends] of TARGET_STEPS) {
    for (const byte of Buffer.from(passed)) words.setUint8(AT.steps + part + byte, STEP.passes)
    for (const byte of Buffer.from(ends)) words.setUint8(AT.steps + part + byte, STEP.ends)
  }

  const machine = {
    spans: lines[0] as LineSpans,
    lines,
    words: new Int32Array(buffer, AT.lines, LINES * LINE_WORDS),
    number: 0,
    accounts: new Int32Array(buffer, AT.accounts, LINES),
    takeFresh() {
      const count = fresh
      fresh = 0
      return count
    },
    load(bytes: Uint8Array, start: number) {
      scanned = 0
      const window = bytes.subarray(start, start + WINDOW_BYTES)
      text.set(window)
      text.fill(0, window.length, window.length + PAD_BYTES)
      exports.mark(window.length + PAD_BYTES)
      return start + window.length
    },
    setShape({ gaps, spans: names, areTexts }: LineShape) {
      scanned = 0
      starts.fill(-1)
      for (const [member, gap] of gaps.entries()) {
        const at = AT.members + member * MEMBER_BYTES
        const span = names[member] ?? -1
        words.setInt32(at + MEMBER.gapBytes, gap.length, true)
        words.setInt32(at + MEMBER.kind, span === SPAN.uri ? KIND.uri : areTexts[member] === true ? KIND.text : KIND.figure, true)
        words.setInt32(at + MEMBER.start, AT.starts + 4 * (span < 0 ? UNASKED : span), true)
        for (const [word, [value, mask]] of wordsOf(gap).entries()) {
          words.setBigInt64(at + MEMBER.words + 16 * word, value, true)
          words.setBigInt64(at + MEMBER.words + 16 * word + 8, mask, true)
        }
        words.setInt32(AT.lastMember, at, true)
      }
    },
    scan(place: number) {
      if (next >= scanned || place !== nextPlace) {
        scanned = exports.scanLines(place)
        next = 0
        fresh = scanned
        if (scanned === 0) return -1
      }
      machine.spans = lines[next] as LineSpans
      machine.number = next
      next += 1
      nextPlace = machine.spans.figures[FIGURE.next] as number
      return nextPlace
    },
    tellPath(start: number, end: number) {
      if (end - start < MIN_PATH_BYTES || end - start > MAX_PATH_BYTES) return undefined
      const number = toldPaths % PATHS
      toldPaths += 1
      const at = AT.paths + number * PATH.bytes
      words.setInt32(at + PATH.length, end - start, true)
      words.setInt32(at + PATH.number, number, true)
      text.copy(memory, at + PATH.text, start, end)
      words.setInt32(AT.pathsEnd, AT.paths + Math.min(toldPaths, PATHS) * PATH.bytes, true)
      return number
    },
  }
  return machine
}

/** Words of eight bytes and their masks: zeros behind the end. */
function wordsOf(gap: string): [value: bigint, mask: bigint][] {
  const count = Math.ceil(gap.length / 8)
  const values = Buffer.alloc(count * 8)
  const masks = Buffer.alloc(count * 8).fill(0xff, 0, gap.length)
  values.write(gap, 'latin1')
  return Array.from({ length: count }, (_, word) => [values.readBigInt64LE(word * 8), masks.readBigInt64LE(word * 8)])
}
