import type { Account } from './account.ts'
import type { AccountDetails } from './account-details.ts'
import type { AccountTable } from './account-table.ts'
import type { Verdict } from './detector.ts'
import type { Judge } from './judge.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import type { StepWatch } from './step-watch.ts'
import type { WalkTracker } from './walk/walk-tracker.ts'

/** Where something is counted that can act. */
export interface PardonParts {
  readonly table: AccountTable
  readonly counters: SlidingCounters
  readonly walks: WalkTracker
  readonly steps: StepWatch
  readonly details: AccountDetails
  readonly judge: Judge
}

/** What was counted of the account acts no more. What is usual for it stays, and whom it has looked up. */
export function pardonAccount(parts: PardonParts, account: Account, late: Account | undefined, nowMs: number): Verdict {
  const verdict = parts.judge.pardon(account, nowMs)
  for (const { slot } of late === undefined ? [account] : [account, late]) {
    parts.counters.clear(slot)
    parts.walks.clear(slot)
    parts.steps.clear(slot)
  }
  if (account.details !== -1) parts.details.forgetEvents(account.details)
  Object.assign(account, { unjudged: 0, lates: 0, suspensions: 0, suspendedS: 0 })
  return verdict
}

/** An account by the name that may leave the process. Looks at all of them where it is not the portal's own. */
export function findMasked(table: AccountTable, name: string, maskAccount: (account: string) => string): Account | undefined {
  const named = table.find(name)
  if (named !== undefined) return named
  for (const account of table.values()) if (maskAccount(account.name) === name) return account
  return undefined
}
