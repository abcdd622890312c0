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
  /** How much the excess counts: less for the weakest reason, more by an address that a group was found by lately. */
  readonly weight: number
  /** Since when the accounts have this in common. */
  readonly sinceMs: number
}

/** What an account looked up lately: how many times, and how many persons that it had not looked up before; 0 where the log tells nobody. */
export interface RecentLookups {
  readonly lookups: number
  readonly fresh: number
}

export interface InStepOptions {
  /** Of a slot, in about as much time as is looked at; without it nobody is thought to repeat. */
  readonly recentOf?: (slot: number, nowMs: number) => RecentLookups
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
