import type { AccountSource, FunctionClass, FunctionName } from '../requests/attributed-request.ts'
import type { GateReason } from './gate-reason.ts'

/** One request as the gate judges it, before the portal answers. */
export interface GateRequest {
  /** Milliseconds since 1970 (UTC), by the clock of this host. */
  readonly atMs: number
  /** Canonical address of the client. */
  readonly ip: string
  /** As the portal knows it, suffix in upper case; `undefined` where nothing names one. Internal: mask before output. */
  readonly account: string | undefined
  readonly accountSource: AccountSource | undefined
  /**
   * Whom its access tokens name beside `account`, each once. Which of them the portal believes is not known here: whoever is suspended does not get by
   * under another's name, and nobody looks up under another's grant or exemption.
   */
  readonly otherAccounts?: readonly string[]
  /** Five digits as a string, from the account. */
  readonly facility: string | undefined
  readonly function: FunctionName
  readonly class: FunctionClass
  readonly method: string
}

/** What the proxy is told. */
export interface GateDecision {
  readonly status: 204 | 401 | 403 | 429
  /** Why it is refused; `undefined` where it is let through. */
  readonly reason: GateReason | undefined
  /** When to come again, where that is known: whole seconds. */
  readonly retryAfterS?: number
  /** What rules that only observe or rehearse (also by an exemption) would have refused it for, in the order of the rules. */
  readonly would: readonly GateReason[]
  /** The first of them that the facility is told. */
  readonly rehearsal?: GateReason
}
