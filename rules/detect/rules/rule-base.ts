import type { DetectPolicy } from '../detect-policy.ts'
import type { RuleName } from '../rule-names.ts'
import type { Rule } from './rule.ts'

/** What every rule but the absolute one takes from the policy in the same way. */
export function ruleBase(
  name: Exclude<RuleName, 'absolute'>,
  policy: DetectPolicy,
): Pick<Rule, 'name' | 'mode' | 'points' | 'scope' | 'calmShare' | 'holdMs'> {
  const { mode, points, scope } = policy[name]
  const { calmShare, holdMinutes } = policy.score
  return { name, mode, points, scope, calmShare, holdMs: holdMinutes * 60_000 }
}
