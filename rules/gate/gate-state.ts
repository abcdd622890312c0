import type { ListedUser } from '../users/users-document.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import type { RateLimits } from './rate-limits.ts'

/** What detection says of an account, here or over all edges. */
export interface Standing {
  readonly action: 'throttle' | 'suspend'
  /** When it ends by itself, milliseconds since 1970. */
  readonly untilMs: number
}

/** How an account stands under the grants that are known here. */
export type GrantStanding = 'none' | 'live' | 'lapsed'

/** Whose an address is, by the signed list of addresses. */
export interface GateFacilities {
  /** Whether `facility` is among those that registered a block around `ip`. */
  isOwner(facility: string, ip: string): boolean
  /** The managing province of a facility, where the list names it. */
  provinceOf(facility: string): string | undefined
}

/** All that a request is held against. Everything is answered from memory, in a step that does not grow with what is held. */
export interface GateState {
  readonly policy: CompiledPolicy
  /** The instant that the dates of the policy are held against: never earlier than one that had come. */
  dateMs(atMs: number): number
  /** `undefined` for an account that nothing is said of. What has ended may still be told. */
  standingOf(account: string, atMs: number): Standing | undefined
  /** The account as signed lists name it, under each key of the gates, newest first; empty without a key. */
  tokensOf(account: string): readonly string[]
  /** `undefined` where there is no list of users: nothing is judged by it then. */
  readonly users: { find(token: string): ListedUser | undefined } | undefined
  /** Changes nothing: a use is noted by whoever lets the request through. */
  readonly grants: { standing(token: string, nowMs: number): GrantStanding } | undefined
  readonly facilities: GateFacilities | undefined
  /** Requests of each account to each function; counted here and nowhere else. */
  readonly rates: RateLimits
  /** The same for accounts that are throttled. */
  readonly throttles: RateLimits
}
