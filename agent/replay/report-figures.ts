import type { Verdict } from '../../rules/detect/detector.ts'
import type { ReplayTotals } from './replay-logs.ts'
import type { TimeBins } from './time-bins.ts'

/** What a report of a replay is made of. Accounts are masked; of persons there are only numbers. */
export interface ReportFigures {
  readonly totals: ReplayTotals
  /** In the order in which they were read. */
  readonly files: readonly FileFigures[]
  /** Look-ups of all accounts together. */
  readonly lookups: number
  readonly persons: number
  readonly hours: TimeBins
  /** Look-ups that name no account. */
  readonly unnamed: number
  /** Every account held, most look-ups first. */
  readonly accounts: readonly AccountFigures[]
  /** Accounts with few look-ups that are counted in the sums alone, because there were too many. */
  readonly dropped: number
  /** By the first two digits of the facility code; `undefined`, last, for accounts without one. */
  readonly provinces: readonly ProvinceFigures[]
}

/** One log: its name as it was given, and what came of its lines. */
export interface FileFigures extends Pick<ReplayTotals, 'lines' | 'requests' | 'faults'> {
  readonly name: string
}

/** What one account did. A look-up counts once it was answered. */
export interface AccountFigures {
  /** Masked. */
  readonly account: string
  readonly facility: string | undefined
  readonly lookups: number
  /** Of them, those whose person the log tells. */
  readonly told: number
  /** Different persons among those, about. */
  readonly persons: number
  /** Look-ups that were refused or failed. */
  readonly refused: number
  /** Look-ups that hit nobody, or named a wrong officer. */
  readonly misses: number
  readonly hours: TimeBins
  readonly firstMs: number
  readonly lastMs: number
  /** The first verdicts, in order, and how many came after them. */
  readonly verdicts: readonly Verdict[]
  readonly moreVerdicts: number
}

/** What the accounts of one province did. */
export interface ProvinceFigures {
  readonly code: string | undefined
  readonly facilities: number
  readonly accounts: number
  readonly lookups: number
  readonly told: number
  readonly persons: number
  /** Accounts with a verdict of any kind, and those that were to be suspended. */
  readonly flagged: number
  readonly suspended: number
}
