import type { DistinctSketch } from '../detect/sketches/distinct-sketch.ts'

/** An account as it travels: nobody without the key of the edges can tell whose it is. */
export interface AccountToken {
  /** Five digits, or empty where policy lets no facility travel. */
  readonly facility: string
  /** 16 letters `a` to `p` (`accountToken`). */
  readonly token: string
}

/** Counts of one account in one minute at one edge since it started. Each only grows while the minute is counted. */
export interface TallyCounts {
  /** Look-ups that were answered. */
  lookups: number
  /** Of those, answered with a wrong card, name or birth date (`maKetQua` 05x, 06x, 070). */
  misses: number
  /** Histories and whole records. */
  histories: number
  /** Requests refused or failed. */
  refused: number
}

export interface TallyEntry extends AccountToken {
  readonly counts: TallyCounts
  readonly subjects: DistinctSketch
  readonly sources: DistinctSketch
}

/** One minute of one edge. */
export interface TallyMinute {
  /** Whole minutes since 1970. */
  readonly minute: number
  readonly entries: readonly TallyEntry[]
}

/** What an edge sends to central. Entries hold all that was counted in their minute so far, so that a later one replaces an earlier one. */
export interface Tally {
  /** `[a-z0-9-]`, at most 64. */
  readonly edge: string
  /** 16 hexadecimal digits, new at each start of the edge. */
  readonly boot: string
  /** Counts up from 1 since the start; a gap tells central what is missing. */
  readonly sequence: number
  /** Which key hashed the subjects: sketches of two keys are never joined. */
  readonly keyEpoch: number
  readonly minutes: readonly TallyMinute[]
}
