/** The dispatch's name of a portal function; submissions are named by their last path segment (`guiHoSoGiamDinh4210`). */
export type FunctionName = string

/** What a function is for: look-ups, history and whole records are what a harvester wants. */
export type FunctionClass = 'lookup' | 'history' | 'record' | 'token' | 'submit' | 'catalogue' | 'other'

/** Where the account was found, in falling order of trust. */
export type AccountSource = 'query' | 'body' | 'header' | 'token' | 'correlation'

/** Belongs to one account and comes with each of its requests, the same object each time: whoever counts accounts notes in it where. */
export interface AccountPlace {
  /** Where the account was found last. It may be another one's by now. */
  slot: number
}

/** One line of an access log, understood. Holds no secret and no bare citizen ID that leaves the process: see `maskAccount`. */
export interface AttributedRequest {
  /** Milliseconds since 1970 (UTC), when the request began, as the log says. */
  readonly atMs: number
  /** Canonical address of the client. */
  readonly ip: string
  /** Source port, 0 where the log has none. */
  readonly port: number
  /** The account as the portal knows it, suffix in upper case; `undefined` where nothing names one. Internal: mask before output. */
  readonly account: string | undefined
  readonly accountSource: AccountSource | undefined
  /** Five digits as a string, from the account. */
  readonly facility: string | undefined
  readonly function: FunctionName
  readonly class: FunctionClass
  /** True for the functions that 1923/BHXH-CNTT §1c stops, once their date has come (`atMs` decides). */
  readonly retired: boolean
  /** HTTP status, 0 where the log has none. */
  readonly status: number
  /** Keyed hash of the person looked up, where the proxy logs it; never the identifier. */
  readonly subject: string | undefined
  /**
   * Keyed hash, a whole number of 32 bits with sign, of the thousand that the person's BHXH number stands in (number div 1,000): who walks
   * over numbers in order or shuffled meets few of them. `undefined` where the log does not tell the number.
   */
  readonly subjectBlock: number | undefined
  /** The number of nobody, `0000000000`: clients send it to see whether the portal answers. It has a `subject` like any other number. */
  readonly isProbe: boolean
  /** The portal's answer code `maKetQua`, where the proxy logs it. */
  readonly result: string | undefined
  /** Saves whoever counts a search by name; `undefined` where the parser keeps none. */
  readonly place?: AccountPlace | undefined
}
