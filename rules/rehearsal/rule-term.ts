import { compilePolicy, modeOf } from '../gate/compile-policy.ts'
import { GATE_REASONS } from '../gate/gate-reason.ts'
import type { GateMode } from '../gate/gate-rule.ts'
import type { GateExemption, GatePolicy } from '../gate/policy-options.ts'
import { findInstantMs } from '../time/find-instant.ts'
import { createPolicyScope } from './policy-scope.ts'
import type { RehearsedRow } from './rehearsed-row.ts'

/** What a policy does, and when, with requests of a row. */
export interface RuleTerm {
  readonly mode: GateMode
  /** From when on it refuses; `undefined` where it says no date. */
  readonly enforceMs: number | undefined
  /** Who is spared for the time being. */
  readonly exemption: GateExemption | undefined
}

/** By what a row is known to a policy. */
export type JudgedRow = Pick<RehearsedRow, 'reason' | 'function' | 'facility' | 'province' | 'account'>

/** The policy says nothing of it. */
const NOT_JUDGED: RuleTerm = { mode: 'off', enforceMs: undefined, exemption: undefined }

/** Tells for rows what a policy does with them at an instant. The policy is compiled once. */
export function createRuleTerms(policy: GatePolicy, atMs: number): (row: JudgedRow) => RuleTerm {
  const compiled = compilePolicy(policy)
  const isJudged = createPolicyScope(policy, compiled)
  return ({ reason, function: called, facility, province, account }) => {
    if (!isJudged({ reason, function: called })) return NOT_JUDGED
    const { rule } = GATE_REASONS[reason]
    const stopMs = rule === 'retired' ? compiled.stopOf(called) : undefined
    const ownMs = policy[rule].mode === 'enforce' ? Number.NEGATIVE_INFINITY : findInstantMs(policy[rule].enforceFrom)
    const enforceMs = ownMs === undefined ? undefined : Math.max(ownMs, stopMs ?? Number.NEGATIVE_INFINITY)
    const strongest = modeOf(compiled, rule, atMs)
    const isEarly = strongest === 'enforce' && rule === 'retired' && atMs < (stopMs ?? 0)
    const who = {
      account: account ?? undefined,
      facility: facility ?? undefined,
      province: province ?? undefined,
      // A named account is known by its token alone.
      tokensOf: (named: string) => [named],
    }
    return {
      mode: isEarly ? 'rehearse' : strongest,
      enforceMs: enforceMs === Number.NEGATIVE_INFINITY ? 0 : enforceMs,
      exemption: compiled.exemptions.find(rule, who, atMs),
    }
  }
}
