import type { RequestTallies } from '../tallies/request-tallies.ts'
import type { Registrations } from './registered-facility.ts'

/** Tells who has a live OTP grant (1232/BHXH-CNTT). */
export interface Grants {
  hasGrant(account: string, atMs: number): boolean
}

export interface DetectorOptions {
  /** Gives an account the form that may leave the process. */
  readonly maskAccount: (account: string) => string
  readonly registrations?: Registrations
  /** Without it, nothing is said about histories without OTP. */
  readonly grants?: Grants
  /** Hard cap on the accounts held, ≥ 1. */
  readonly maxAccounts?: number
  /** Hard cap on the accounts of which more than look-ups is counted, ≥ 1; 32,768 unless told. */
  readonly maxDetailed?: number
  /** Gets what is counted, for central. */
  readonly tallies?: RequestTallies
  /** Asks the rules that cannot wait after every look-up, also where no counter can be near a limit. The verdicts are the same: for tests. */
  readonly asksAlways?: boolean
}
