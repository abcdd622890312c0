import type { AttributedRequest } from '../requests/attributed-request.ts'
import type { LookupTaker } from '../requests/lookup-line.ts'
import type { ShadowTally } from './shadows.ts'

/** What should happen to the account. `release` undoes what came before. */
export type VerdictAction = 'watch' | 'throttle' | 'suspend' | 'release'

/** Plain words an official can put in a letter. Never holds text from the log. */
export interface Evidence {
  readonly vi: string
  readonly en: string
}

/** What the detector decided about one account, from log time only. */
export interface Verdict {
  /** Milliseconds since 1970 of the request that tipped it. */
  readonly atMs: number
  /** Masked: safe to print, store and send. */
  readonly account: string
  readonly facility: string | undefined
  readonly rule: string
  readonly action: VerdictAction
  /** Look-ups counted in the rule's window. */
  readonly requests: number
  /** Distinct persons in that window, 0 where the log does not tell. */
  readonly subjects: number
  /** The addresses the account used lately, newest first, at most 8. */
  readonly sources: readonly string[]
  readonly evidence: Evidence
  /** When the action ends by itself, if the account stays calm from now on; `undefined` for a release. */
  readonly untilMs: number | undefined
}

/**
 * Counts every account in bounded memory and says when one harvests. Time comes with the events, so a cold log gives the same verdicts. A look-up that tips nothing
 * may be taken as a line (`takeLookup`); one that is not taken must be given to `observe` as a request.
 */
export interface Detector extends LookupTaker {
  /** Takes one request; gives the verdicts it caused, mostly none. Requests may come slightly out of order. */
  observe(request: AttributedRequest): readonly Verdict[]
  /** Moves time on without a request, so that calm accounts are released. */
  advance(toMs: number): readonly Verdict[]
  /**
   * A person releases the account, by its masked name: what is on ends, and what was counted of it until now acts no more, so that only what it does from now on can be too
   * much. `undefined` where it is not held.
   */
  pardon(account: string): Verdict | undefined
  /** The busiest accounts now, masked, most look-ups in the last hour first. */
  top(limit: number): readonly AccountTally[]
  /** The account in a slot, masked, with the addresses it used lately. */
  accountAt(slot: number): Pick<Verdict, 'account' | 'facility' | 'sources'> | undefined
  /**
   * The actions that are on: each as its verdict, but with the time the account was last not calm, the sources it has by now, and
   * the end that follows.
   */
  live(): readonly Verdict[]
  /** What time the log says it is, milliseconds since 1970; 0 before the first request. */
  readonly nowMs: number
  /** Accounts held and dropped by eviction. */
  readonly size: number
  readonly evicted: number
  /** Requests that came too late to be counted in every window. */
  readonly late: number
  /** What those who run it should know now: a cap that bites, an exemption that ended, hosts whose clocks disagree. */
  findings(): readonly DetectFinding[]
  /**
   * All that is counted and on, piece by piece, under masked names; nothing may be observed until the last piece was taken. Some 60 bytes for
   * an account that made a few look-ups.
   */
  snapshot(): Iterable<Uint8Array>
  /**
   * Takes back a snapshot, all in one, before the first request. After a throw the detector is not to be used.
   * @throws DetectStateError
   */
  restore(state: Uint8Array): void
  /** What the rules in shadow mode would have done. */
  shadows(): readonly ShadowTally[]
}

/** Something about the detection itself. */
export interface DetectFinding {
  readonly code: DetectFindingCode
  /** For a person; holds no text from the log. */
  readonly message: string
}

/** Why a finding is told. */
export const DETECT_FINDINGS = {
  ACTION_CAP: 'a cap on actions bites: accounts that a rule would have acted on are only named',
  EXEMPTION_ENDED: 'an exemption has ended and is ignored; extend it or take it out of the policy',
  CLOCKS_DISAGREE: 'hosts that write the logs disagree on the time: requests come too late for the shortest window',
} as const

export type DetectFindingCode = keyof typeof DETECT_FINDINGS

/** One account's figures, masked. */
export interface AccountTally {
  readonly account: string
  readonly facility: string | undefined
  readonly lookups1m: number
  readonly lookups1h: number
  readonly lookups24h: number
}
