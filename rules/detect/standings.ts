import type { Account } from './account.ts'
import type { Verdict, VerdictAction } from './detector.ts'
import type { Rule } from './rules/rule.ts'

/** How far an account has come: 0 nothing, 1 `watch`, 2 `throttle`, 3 `suspend`. */
export type Level = 0 | 1 | 2 | 3

const ACTIONS: readonly VerdictAction[] = ['release', 'watch', 'throttle', 'suspend']

export function actionOf(level: Level): VerdictAction {
  return ACTIONS[level] as VerdictAction
}

/** An action on an account. Each level ends by itself when the account was calm for it for so long. */
export interface Standing {
  readonly account: Account
  level: Level
  /** The rule that led when the action began. */
  rule: Rule
  /** What was said then. */
  verdict: Verdict
  /** Number of the window that tipped it. */
  window: number
  /** When the account was last not calm for the present level. */
  lastMs: number
  /** How long it must be calm for the present level. */
  holdMs: number
  /** By level, when it ends; 0 for a level that never was. */
  readonly untilMs: [number, number, number, number]
}

/** The actions that are on, one an account. */
export class Standings {
  readonly #byAccount = new Map<Account, Standing>()
  /** None ends before this. */
  nextMs = Number.POSITIVE_INFINITY

  find(account: Account): Standing | undefined {
    return this.#byAccount.get(account)
  }

  /** Begins an action, or raises the one that is on. */
  begin(standing: Standing): void {
    this.#byAccount.set(standing.account, standing)
    this.nextMs = Math.min(this.nextMs, standing.untilMs[standing.level])
  }

  /** Whether any level ends by `nowMs`. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.nextMs
  }

  /** The account is not calm at `nowMs` for levels up to `warm`. */
  extend(standing: Standing, warm: Level, nowMs: number, baseHoldMs: number): void {
    for (let level = 1; level <= warm && level <= standing.level; level++) {
      const isPresent = level === standing.level
      const untilMs = nowMs + (isPresent ? standing.holdMs : baseHoldMs)
      if (untilMs > (standing.untilMs[level] as number)) standing.untilMs[level as Level] = untilMs
      if (isPresent && nowMs > standing.lastMs) standing.lastMs = nowMs
    }
  }

  /**
   * Those whose level ends by `nowMs`, first ended first; each is at the level that still holds afterwards, 0 if none does.
   * `from` is the level that ended, `endMs` when.
   */
  takeEnded(nowMs: number): readonly { readonly standing: Standing; readonly endMs: number }[] {
    if (nowMs < this.nextMs) return []
    const ended: { standing: Standing; endMs: number }[] = []
    this.nextMs = Number.POSITIVE_INFINITY
    for (const standing of this.#byAccount.values()) {
      const endMs = standing.untilMs[standing.level]
      if (endMs <= nowMs) {
        do standing.level = (standing.level - 1) as Level
        while (standing.level > 0 && standing.untilMs[standing.level] <= nowMs)
        if (standing.level === 0) this.#byAccount.delete(standing.account)
        ended.push({ standing, endMs })
      }
      if (standing.level > 0) this.nextMs = Math.min(this.nextMs, standing.untilMs[standing.level])
    }
    return ended.sort((a, b) => a.endMs - b.endMs)
  }

  /** The clock was set back to `nowMs`: each action goes on for as long as it would have, not until a time that was never true. */
  turnBack(nowMs: number): void {
    for (const standing of this.#byAccount.values()) {
      const tooFarMs = standing.lastMs - nowMs
      if (tooFarMs <= 0) continue
      standing.lastMs = nowMs
      for (const level of [1, 2, 3] as const) {
        if (standing.untilMs[level] !== 0) standing.untilMs[level] -= tooFarMs
      }
      this.nextMs = Math.min(this.nextMs, standing.untilMs[standing.level])
    }
  }

  /** The account is no longer counted. */
  drop(account: Account): void {
    this.#byAccount.delete(account)
  }

  all(): Standing[] {
    return [...this.#byAccount.values()]
  }
}
