import { findInstantMs } from '../time/find-instant.ts'
import type { GateRule } from './gate-rule.ts'
import type { GateExemption } from './policy-options.ts'

/** Whom a rule does not refuse for the time being. */
export interface GateExemptions {
  find(rule: GateRule, exempt: ExemptRequest, dateMs: number): GateExemption | undefined
}

/** Whom an exemption may name. */
export interface ExemptRequest {
  readonly account: string | undefined
  readonly facility: string | undefined
  /** The managing province, never read off the facility where that is known better. */
  readonly province: string | undefined
  /** Asked only where an exemption names a token. */
  tokensOf(account: string): readonly string[]
}

interface Timed {
  readonly exemption: GateExemption
  readonly untilMs: number
}

/** Found by name; an end, once it has come, stays so (the caller's `dateMs` never goes back). */
export function createExemptions(exemptions: readonly GateExemption[]): GateExemptions {
  const timed = exemptions.map((exemption) => ({ exemption, untilMs: findInstantMs(exemption.until) ?? 0 }))
  const byAccount = groupBy(timed, ({ account }) => account)
  const byFacility = groupBy(timed, ({ facility }) => facility)
  const byProvince = groupBy(timed, ({ province }) => province)
  const byToken = groupBy(timed, ({ token }) => token)

  return {
    find(rule, exempt, dateMs) {
      if (timed.length === 0) return undefined
      const { account, facility, province } = exempt
      const held = (among: readonly Timed[] | undefined): GateExemption | undefined =>
        among?.find(({ exemption: { rules }, untilMs }) => dateMs < untilMs && (rules.length === 0 || rules.includes(rule)))
          ?.exemption
      return (
        held(byFacility.get(facility ?? '')) ??
        held(byProvince.get(province ?? '')) ??
        held(byAccount.get(account ?? '')) ??
        (byToken.size === 0 || account === undefined
          ? undefined
          : held(exempt.tokensOf(account).flatMap((token) => byToken.get(token) ?? [])))
      )
    },
  }
}

function groupBy(
  all: readonly Timed[],
  keyOf: (exemption: GateExemption) => string | undefined,
): ReadonlyMap<string, readonly Timed[]> {
  const groups = new Map<string, Timed[]>()
  for (const timed of all) {
    const key = keyOf(timed.exemption)
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), timed])
  }
  return groups
}
