import { MAX_GAP_BYTES, MAX_MEMBERS } from '../line-shape.ts'

/** Bytes of a log looked at together; a longer chunk is taken window by window. */
export const WINDOW_BYTES = 65_536
/** Zeros behind the text: they are marked and belong to no line, so that no walk goes on behind the end. */
export const PAD_BYTES = 96
/** Of one member of a shape: its figures, then the words before its value, each beside its mask. */
export const MEMBER_BYTES = 16 + 2 * MAX_GAP_BYTES
/** Longest time that is compared with the one before. */
export const MAX_TIME_BYTES = 40
/** Paths that are recognised, each no shorter and no longer than this. */
export const PATHS = 8
export const MIN_PATH_BYTES = 8
export const MAX_PATH_BYTES = 64
/** Of one path: its length, its number, its bytes. */
export const PATH = { length: 0, number: 4, text: 8, bytes: 8 + MAX_PATH_BYTES } as const

/** Of a member, behind its beginning. */
export const MEMBER = { gapBytes: 0, kind: 4, start: 8, words: 16 } as const
export const KIND = { text: 0, figure: 1, uri: 2 } as const
/** Lines taken apart in one go. */
export const LINES = 16
/** Of a line that was taken apart: its places, where they end, and its figures, as they stood at `AT.starts`, `AT.ends` and `AT.figures`. */
export const LINE = { starts: 0, ends: 64, figures: 128, bytes: 192 } as const
/** The same in words of 32 bits. */
export const LINE_WORDS = LINE.bytes / 4
export const WORD = { starts: LINE.starts / 4, ends: LINE.ends / 4, figures: LINE.figures / 4 } as const
export const LINE_PLACES = 16
export const LINE_FIGURES = 8
/** Where things stand in the memory; the text begins at 0. */
export const AT = (() => {
  const marks = WINDOW_BYTES + 128
  const members = marks + WINDOW_BYTES / 8 + 64
  const starts = members + (MAX_MEMBERS + 1) * MEMBER_BYTES
  const ends = starts + 128
  const figures = ends + 128
  const lastMember = figures + 64
  const time = lastMember + 8
  const timeBytes = time + MAX_TIME_BYTES
  const pathsEnd = timeBytes + 4
  const paths = timeBytes + 8
  const lines = paths + PATHS * PATH.bytes
  const accounts = lines + LINES * LINE.bytes
  const passed = accounts + 4 * LINES
  const steps = passed + 256
  return {
    marks,
    members,
    starts,
    ends,
    figures,
    lastMember,
    time,
    timeBytes,
    pathsEnd,
    paths,
    lines,
    accounts,
    passed,
    steps,
    end: steps + 3 * 256,
  }
})()
/** A place for spans that nobody asks for. */
export const UNASKED = 31

/** What is worked out of the values, as 32-bit words from `AT.figures` on. */
export const FIGURE = {
  /** The 32 bits of a dotted IPv4 address; 0 for anything else. */
  address: 0,
  /** Figures of digits alone within their limits, or 0. */
  port: 1,
  status: 2,
  /** Another number for each time that is not written like the one of the line before. */
  timeNumber: 3,
  /** The number of the target's path, -1 for one that is not recognised. */
  path: 4,
  /** `FacilityAccount` of the first `username` of the target, -1 for any other name. */
  account: 5,
  /** The place behind the line feed of the line. */
  next: 6,
} as const

/** Parts of a target, as the first place of their bytes in the table of steps. */
export const PART = { path: 0, name: 256, value: 512 } as const
/** What a marked byte does there. */
export const STEP = { refuses: 0, passes: 1, ends: 2 } as const

/** The functions of the module by their numbers. */
export const FUNCTION = {
  mark: 0,
  scan: 1,
  markTarget: 2,
  keepParameter: 3,
  workOut: 4,
  number: 5,
  address: 6,
  path: 7,
  account: 8,
  scanLines: 9,
} as const
