/** "If no look-up is made for 30 minutes the OTP lapses": idle time, not time since the code. 1232/BHXH-CNTT. Central may sign another one. */
export const GRANT_IDLE_MS = 30 * 60_000

/** What central may sign in its place. */
export const IDLE_MINUTES = { minimum: 1, maximum: 240 } as const

/** No policy lets a grant live longer than this, however busy it is. */
export const MAX_GRANT_MS = 24 * 3_600_000

/** The right of one account to look up histories, from a verified code on. Times in milliseconds since 1970 (UTC). */
export interface Grant {
  /** The account under the gate key. */
  readonly token: string
  readonly grantedAtMs: number
  /** The last look-up that is known; when it was granted before the first. */
  readonly usedAtMs: number
  /** Hard end, whatever is looked up. */
  readonly endsAtMs: number
  /** Without a look-up for so long it lapses: the same for all grants of a document. */
  readonly idleMs: number
}

/** A grant without what all of them share. */
export type GrantTimes = Omit<Grant, 'idleMs'>

/** The first instant at which the grant no longer holds, by what is known of its use. */
export function grantEndMs({ usedAtMs, endsAtMs, idleMs }: Grant): number {
  return Math.min(usedAtMs + idleMs, endsAtMs)
}

/** Before it was granted it holds as well: the clock of an edge may be behind by a little. */
export function isLive(grant: Grant, nowMs: number): boolean {
  return nowMs < grantEndMs(grant)
}

/**
 * The grant after a look-up at `atMs`. Uses come in any order and more than once: the latest counts. One from before the grant belonged to another
 * one, and one at or after the hard end can renew nothing.
 */
export function withUse(grant: Grant, atMs: number): Grant {
  return atMs > grant.usedAtMs && atMs < grant.endsAtMs ? { ...grant, usedAtMs: atMs } : grant
}
