import type { Account } from './account-table.ts'
import type { Verdict, VerdictAction } from './detector.ts'
import type { Rule } from './rules/rule.ts'

/** An action on an account that goes on until it was calm for a while. */
export interface Hold {
  readonly account: Account
  readonly rule: Rule
  /** What was said when the action began. */
  readonly verdict: Verdict
  /** Number of the window that tipped it. */
  readonly window: number
  /** When the account was last not calm. */
  lastMs: number
  untilMs: number
}

const STRENGTH: Readonly<Record<VerdictAction, number>> = { release: 0, watch: 1, throttle: 2, suspend: 3 }

/** The actions that are on, by account and rule. */
export class Holds {
  readonly #byAccount = new Map<Account, Map<string, Hold>>()
  /** No hold ends before this. */
  #nextMs = Number.POSITIVE_INFINITY

  /** Lets the action of a rule go on, if there is one. */
  extend(account: Account, rule: Rule, nowMs: number): Hold | undefined {
    const hold = this.#byAccount.get(account)?.get(rule.name)
    if (hold !== undefined && nowMs > hold.lastMs) {
      hold.lastMs = nowMs
      hold.untilMs = nowMs + rule.holdMs
    }
    return hold
  }

  /** Begins an action, or replaces a weaker one of the same rule. */
  begin(hold: Hold): void {
    const holds = this.#byAccount.get(hold.account) ?? new Map<string, Hold>()
    holds.set(hold.rule.name, hold)
    this.#byAccount.set(hold.account, holds)
    this.#nextMs = Math.min(this.#nextMs, hold.untilMs)
  }

  /** Takes out the actions that end by `nowMs`, first ended first. */
  takeEnded(nowMs: number): readonly Hold[] {
    if (nowMs < this.#nextMs) return []
    const all = this.all()
    const ended = all.filter((hold) => hold.untilMs <= nowMs).sort((a, b) => a.untilMs - b.untilMs)
    for (const { account, rule } of ended) {
      this.#byAccount.get(account)?.delete(rule.name)
      if (this.#byAccount.get(account)?.size === 0) this.#byAccount.delete(account)
    }
    this.#nextMs = this.all().reduce((next, hold) => Math.min(next, hold.untilMs), Number.POSITIVE_INFINITY)
    return ended
  }

  isHeld(account: Account): boolean {
    return this.#byAccount.has(account)
  }

  /** The account is no longer counted. */
  drop(account: Account): void {
    this.#byAccount.delete(account)
  }

  all(): Hold[] {
    return [...this.#byAccount.values()].flatMap((holds) => [...holds.values()])
  }
}

/** True if `action` does more than `other`. */
export function isStronger(action: VerdictAction, other: VerdictAction): boolean {
  return STRENGTH[action] > STRENGTH[other]
}
