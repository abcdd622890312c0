/** What the accounts of a group share. */
export type InStepReason = 'source' | 'blocks' | 'rhythm'

/** Accounts that one operator seems to drive. */
export interface InStepGroup {
  readonly reason: InStepReason
  /** Slots of the accounts, most persons first. */
  readonly slots: readonly number[]
  /** Distinct persons of all accounts together in the span, an upper bound: a person of two accounts counts twice. */
  readonly persons: number
  /** Persons beyond what is usual for the accounts. */
  readonly excess: number
  readonly sinceMs: number
}

export interface InStepOptions {
  /** A group has at least so many accounts; 5 unless told. */
  readonly minAccounts?: number
  /** A group has at least so many persons beyond the usual; 300 unless told. */
  readonly minExcess?: number
}

/** Groups accounts in step by what they share, in bounded memory. */
export class InStepGroups {
  readonly options: Required<InStepOptions>
  constructor(options: InStepOptions = {}) {
    this.options = { minAccounts: 5, minExcess: 300, ...options }
  }

  /**
   * Counts a person whom the account had not looked up lately.
   * `source`: a 32-bit hash of the client's address, 0 if it is registered for the account's facility. `block`: `subjectBlock`, or 0.
   * `usualPerHour`: persons expected of the account in this hour (`Norm.expected`).
   */
  add(_slot: number, _source: number, _block: number, _usualPerHour: number, _atMs: number): void {}

  /** The groups in step now, the largest excess first. Ask every 10 seconds or so: looks at every key held. */
  groups(_nowMs: number): readonly InStepGroup[] {
    return []
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(_slot: number): void {}
}
