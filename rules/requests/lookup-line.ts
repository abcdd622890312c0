import type { AccountPlace } from './attributed-request.ts'

/** The account of a facility, `NNNNN_BV` or `NNNNN_TC`, as a number: twice the facility's code, and one for `_TC`. */
export type FacilityAccount = number
export const FACILITY_ACCOUNTS = 200_000

/** A named account that the parser keeps, and where it is counted. */
export interface NamedPlace extends AccountPlace {
  readonly name: string
}

/**
 * A line that tells no more than nearly all lines tell: a look-up by a function in use, no probe, made from an IPv4 address, its account named in the query; or a log-in
 * that names nobody. One object serves a whole log; the next line overwrites it. Whoever takes lines may say no to any, and then gets the whole request
 * (`AttributedRequest`) instead.
 */
export interface LookupLine {
  /** Which of the lines it is that `expectLookups` told of last. */
  ahead: number
  atMs: number
  /** `token`: a log-in that names nobody; nothing but its time is told then. */
  class: 'lookup' | 'history' | 'record' | 'token'
  status: number
  /** Three digits, or nothing. */
  result: string | undefined
  /** The 32 bits of the address, of either sign; never 0. */
  address: number
  /** The same as `AttributedRequest` has it. */
  readonly ip: string
  /** -1 for another account, which is `named` then. */
  facilityAccount: FacilityAccount
  named: NamedPlace | undefined
  /** A person is told: then its hash was told ahead. */
  hasSubject: boolean
  subjectBlock: number
}

/** What is known of lines before they are taken, by line. */
export interface LinesAhead {
  /** -1 for an account that is `named`, and where there is none. */
  readonly accounts: Int32Array
  readonly named: readonly (NamedPlace | undefined)[]
  /** How many lines tell a person, */
  readonly told: number
  /** and which: 1, and then the 64 bits whose hexadecimal digits are `AttributedRequest.subject`. */
  readonly areTold: Uint8Array
  readonly highs: Int32Array
  readonly lows: Int32Array
}

/** Who takes such lines. */
export interface LookupTaker {
  /** Takes a line, or says no and leaves all as it was. */
  takeLookup(line: LookupLine): boolean
  /** Tells of the next `count` lines, of which some may be taken: what is known of their accounts can be looked up together, which is faster than one by one. */
  expectLookups(ahead: LinesAhead, count: number): void
}

/** The number of an account of a facility; -1 for any other name. */
export function facilityAccountOf(name: string): FacilityAccount {
  if (name.length !== 8 || name.charCodeAt(5) !== 0x5f) return -1
  const suffix = name.slice(6)
  if (suffix !== 'BV' && suffix !== 'TC') return -1
  let facility = 0
  for (let at = 0; at < 5; at += 1) {
    const digit = name.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return -1
    facility = facility * 10 + digit
  }
  return facility * 2 + (suffix === 'BV' ? 0 : 1)
}
