import type { SipWords } from './sip-hash.ts'

/** The account of a facility, `NNNNN_BV` or `NNNNN_TC`, as a number: twice the facility's code, and one for `_TC`. */
export type FacilityAccount = number
export const FACILITY_ACCOUNTS = 200_000

/** A named account that the parser keeps, and where it is counted. */
export interface NamedPlace {
  readonly name: string
  readonly slot: number
}

/**
 * A line that tells no more than nearly all lines tell: a look-up by a function in use that was answered (`isAnswered`) and found somebody (no `missOf`), no
 * probe, made from an IPv4 address, its account named in the query. One object serves a whole log; the next line overwrites it. Whoever takes lines may say
 * no to any, and then gets the whole request (`AttributedRequest`) instead.
 */
export interface LookupLine {
  atMs: number
  class: 'lookup' | 'history' | 'record'
  /** The 32 bits of the address, of either sign; never 0. */
  address: number
  /** -1 for another account, which is `named` then. */
  facilityAccount: FacilityAccount
  named: NamedPlace | undefined
  /** A person is told: the 64 bits whose hexadecimal digits are `AttributedRequest.subject`, and `subjectBlock`. */
  hasSubject: boolean
  readonly subject: SipWords
  subjectBlock: number
}

/** Who takes such lines. */
export interface LookupTaker {
  /** Takes a line, or says no and leaves all as it was. */
  takeLookup(line: LookupLine): boolean
  /** The next `count` lines may be of these accounts (-1: of any other): what is known of them can be looked up together, which is faster than one by one. */
  expectLookups(accounts: Int32Array, count: number): void
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
