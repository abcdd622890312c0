import type { Account } from './account.ts'

/** From so many look-ups in 24 hours on, more is counted of an account. */
export const DETAILS_FROM = 32
/** All rules are asked again after so many look-ups or so much time, whichever comes first. */
export const JUDGE_LOOKUPS = 32
/** An address that an account did not use lately has the rules asked as much sooner. */
export const NEW_SOURCE_LOOKUPS = 4
/** The same for an account under an action, which may become a stronger one. */
export const JUDGE_HELD_LOOKUPS = 8
export const JUDGE_S = 60
/** The same where no rule comes near its limit, within an hour of the clock; other events than look-ups make it sooner. */
const JUDGE_CALM_S = 600
/** An account without details has nothing that changes within an hour. */
export const JUDGE_LIGHT_S = 3600
const HOUR_MS = 3_600_000
/** Every request of an account that has few, and every sixteenth of the others, says how heavy it is. */
const WEIGH_REQUESTS = 8
const WEIGH_EVERY = 16
/** So many late requests, and those of an account are judged on a timeline of their own. */
export const LATE_REQUESTS = 16

/** Whether an account that has made so many requests says how heavy it is. */
export function isWeighed(requests: number): boolean {
  return requests < WEIGH_REQUESTS || requests % WEIGH_EVERY === 0
}

/** Has all rules asked of an account as soon as if one of them had not been calm. */
export function hasten(account: Account): void {
  if (account.judgeAtS > account.judgedAtS + JUDGE_S) account.judgeAtS = account.judgedAtS + JUDGE_S
}

/** How long all rules may wait for each other's sake, by how far the hottest one is from its limit (1: cold): what is usual changes with the hour. */
export function pauseS(coolness: number, atMs: number): number {
  const restMs = HOUR_MS - (atMs % HOUR_MS)
  return Math.min(Math.ceil(JUDGE_S + Math.max(0, coolness) * (JUDGE_CALM_S - JUDGE_S)), Math.ceil(restMs / 1000))
}
