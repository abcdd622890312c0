import type { TouchedHost } from '../../rules/firewall/compile-nft-hosts.ts'
import type { FilterProgram, Mode, TimedBlock } from '../../rules/firewall/program.ts'
import type { Look } from './found-drift.ts'

/** What the kernel says about itself, read back and not remembered. */
export interface InForce {
  readonly revision: number
  readonly digest: string
  readonly mode: Mode
  /** An apply was cut off before its last step: packets are judged by this revision, but it wants to be applied again before anything is changed. */
  readonly isUnsettled?: true
}

/** A source that was refused (enforce) or would have been (observe), as the kernel counted it. */
export interface SeenSource {
  readonly address: string
  readonly packets: number
  /** Seconds since its last packet, where the kernel can say. */
  readonly lastAgoS?: number
  /** Seconds since it was listed, where the kernel can say. */
  readonly firstAgoS?: number
}

/**
 * What an apply must not rely on, because somebody else has been at it: `elements` of the sets, of all but the hosts' (`prefixes`), `chains` with their rules and no set, or the
 * `rules` and all else of ours. Who doubts less than all is sure of the rest: every change of anybody's was heard.
 */
export type Doubt = 'elements' | 'prefixes' | 'chains' | 'rules'

export interface ApplyOptions {
  /** Given: all that is doubted is written anew, even where the kernel says that it holds the program. */
  readonly doubt?: Doubt
  /** With `elements`: only these are in doubt, the latest word last. */
  readonly hosts?: readonly TouchedHost[]
}

/**
 * The one thing the agent asks of the kernel. One contract suite (`test/contracts/firewall.contract.ts`) holds every backend
 * and the fake to these promises. Errors are `FirewallError`s.
 */
export interface Firewall {
  readonly backend: 'nft' | 'ipset' | 'dry-run' | 'fake'
  /** True where the kernel judges all of a program before it takes any of it: to `check` first would only make the change late. */
  readonly isOneTransaction?: boolean
  /** Has the kernel judge `program` and changes nothing. @throws FirewallError REFUSED */
  check(program: FilterProgram): Promise<void>
  /** Replaces our rules in one transaction; the sources being blocked are part of it. On a throw, the rules that were in force still are. */
  apply(program: FilterProgram, options?: ApplyOptions): Promise<void>
  /** Replaces the timed blocks and nothing else, in one transaction. */
  setBlocked(blocked: readonly TimedBlock[]): Promise<void>
  /** What is in force, read from the kernel; `undefined` when our rules are not there. */
  inForce(): Promise<InForce | undefined>
  /** Compares the kernel with what this process left there, elements by number and sample; absent where the kernel itself tells of changes. */
  look?(): Promise<Look>
  /** Sources refused lately, most packets first, at most `limit`. */
  seen(limit: number): Promise<readonly SeenSource[]>
  /** Packets of strangers for whom the list of those sources had no room, since the rules were last written; never for a source that is listed. */
  unlisted(): Promise<number>
  /** Takes our rules away, and nothing of anybody else's. Done when they are not there is done. */
  remove(): Promise<void>
}
