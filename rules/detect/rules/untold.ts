import type { DetectPolicy } from '../detect-policy.ts'
import { windowNumber } from '../windows.ts'
import type { Figures } from './rule.ts'

const HOUR = windowNumber('1h')
const DAY = windowNumber('24h')
/** Whoever harvests in the opening hours makes more than a day's part in an hour; twice as even as that is a machine that nobody hurries. */
const EVEN_HOURS = 12
/** Look-ups for one card, one every minute for a day, count for so many persons at most. */
const MONITOR_PERSONS = 800

/** Most look-ups in the window name nobody: a client that never believes the answer looks like many persons. */
export function isUntold(figures: Figures, window: number): boolean {
  return figures.subjects(window) * 2 < figures.people(window)
}

/**
 * What `rate` and `peers` may say of an account whose log tells no person. Where the policy bears retries (`absolute.untoldFactor` above 1), they slow such an account
 * down and leave its suspension to `absolute` and its multiplied limits.
 */
export function patientHeat(policy: DetectPolicy, atLimit: number): (heat: number) => number {
  if (policy.absolute.untoldFactor === 1) return (heat) => heat
  const most = (policy.score.suspendAt - 1) / atLimit
  return (heat) => Math.min(heat, most)
}

/** No hour of the day is busier than the others. */
export function isEven(figures: Figures): boolean {
  return figures.people(HOUR) * EVEN_HOURS < figures.people(DAY)
}

/**
 * What may be a monitor that asks for one card every minute round the clock, beside what is usual: `rate` and `peers`, which both look at the same excess, slow it down together
 * and never suspend it.
 */
export function monitorHeat(policy: DetectPolicy, atLimit: number): (heat: number, figures: Figures) => number {
  const most = (policy.score.suspendAt / 2 - 1) / atLimit
  return (heat, figures) =>
    heat > most && isEven(figures) && figures.people(DAY) - figures.norm('24h').expected < MONITOR_PERSONS ? most : heat
}
