import type { DistinctSketch } from '../detect/sketches/distinct-sketch.ts'

/** What is counted of an account in a minute, in the order in which it is written. Each count only grows while the minute is counted. */
export const TALLY_COUNTS = ['lookups', 'newSubjects', 'misses', 'histories', 'refused'] as const

/**
 * `lookups`: answered look-ups. `newSubjects`: of those, of persons that the edge had not seen lately for the account. `misses`: answered with a wrong
 * card, name or birth date (`maKetQua` 05x, 06x, 070). `histories`: histories and whole records. `refused`: requests refused or failed.
 */
export type TallyCounts = Record<(typeof TALLY_COUNTS)[number], number>

/** One account in one minute at one edge. */
export interface TallyEntry {
  /** 16 letters (`accountToken`): nobody without the key of the edges can tell whose it is. */
  readonly token: string
  /** Five digits; `undefined` where policy lets no facility travel. */
  readonly facility: string | undefined
  readonly counts: Readonly<TallyCounts>
  /** Persons looked up, by their keyed hashes. */
  readonly subjects: DistinctSketch
  /** Addresses used, by hash. */
  readonly sources: DistinctSketch
}

/** One minute of one edge. */
export interface TallyMinute {
  /** Whole minutes since 1970. */
  readonly minute: number
  readonly entries: readonly TallyEntry[]
}

/**
 * What an edge sends to central every 10 to 60 seconds: counts and sketches, no identifier. An entry holds all that was counted for its account in its minute
 * since the edge started, so that joining is taking the larger of each: late, doubled and overtaken tallies change nothing, and a lost one
 * is made good by the next that names the account.
 */
export interface Tally {
  /** `[a-z0-9-]`, 1 to 64 characters. */
  readonly edge: string
  /** 16 hexadecimal digits, new at each start of the edge: what was counted before is another's count, and both are added. */
  readonly boot: string
  /** Counts up from 1 since the start; a gap tells central that something is missing. */
  readonly sequence: number
  /** 8 hexadecimal digits that name the key behind the hashes of persons: sketches of two keys are never joined. */
  readonly keyId: string
  /** In rising order. */
  readonly minutes: readonly TallyMinute[]
}

export function createCounts(): TallyCounts {
  return { lookups: 0, newSubjects: 0, misses: 0, histories: 0, refused: 0 }
}

export const MINUTE_MS = 60_000
