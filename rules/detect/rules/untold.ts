import type { DetectPolicy } from '../detect-policy.ts'
import type { Figures } from './rule.ts'

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
