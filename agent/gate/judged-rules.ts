import { GATE_RULES, type GateRule } from '../../rules/gate/gate-rule.ts'
import type { GateHolder } from './gate-holder.ts'

/** Rules that count here now: they are on, and the list that they judge by was handed over. A rule that is off counts nothing, which is not the same as finding nothing. */
export function judgedRules(holder: GateHolder, nowMs: number): readonly GateRule[] {
  const modes = holder.modes(nowMs)
  const isThere: Partial<Record<GateRule, boolean>> = {
    user: holder.users !== undefined && holder.hasKeys,
    otp: holder.grants !== undefined && holder.hasKeys,
    address: holder.state.facilities !== undefined,
  }
  return GATE_RULES.filter((rule) => modes[rule] !== 'off' && isThere[rule] !== false)
}
