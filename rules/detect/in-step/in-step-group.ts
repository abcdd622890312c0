/** What the accounts of a group share. */
export type InStepReason = 'source' | 'blocks' | 'rhythm'

/** Accounts that one operator seems to drive. */
export interface InStepGroup {
  readonly reason: InStepReason
  /** Slots of the accounts, most persons first; at most 64. */
  readonly slots: readonly number[]
  /** Persons of all accounts together in the last 5 to 10 minutes, an upper bound: a person of two accounts counts twice. */
  readonly persons: number
  /** Persons beyond what is usual for the accounts. */
  readonly excess: number
  /** Since when the accounts have this in common. */
  readonly sinceMs: number
}

export interface InStepOptions {
  /** A group has at least so many accounts that see more than is usual for them; 5 unless told. */
  readonly minAccounts?: number
  /** A group has at least so many persons beyond the usual; 300 unless told. */
  readonly minExcess?: number
  /** Whether a shared rate is looked for; it is unless told. */
  readonly findsRhythm?: boolean
  /** So long the facilities of a group that an address put in step count among those that use it: who is left over is too few to tell; 24 hours unless told. */
  readonly rememberMs?: number
  /** Things that accounts may share that are held at a time, about 1.1 KB each; 4,096 unless told. */
  readonly maxKeys?: number
}
