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

/** Exemptions that come a few at a time: nobody waits for thousands of them to be taken in at once. */
export interface GatheredExemptions extends GateExemptions {
  add(exemptions: readonly GateExemption[]): void
}

/** Found by name; an end, once it has come, stays so (the caller's `dateMs` never goes back). */
export function createExemptions(exemptions: readonly GateExemption[]): GatheredExemptions {
  const byAccount = new Map<string, Timed[]>()
  const byFacility = new Map<string, Timed[]>()
  const byProvince = new Map<string, Timed[]>()
  const byToken = new Map<string, Timed[]>()
  let isEmpty = true

  function add(more: readonly GateExemption[]): void {
    for (const exemption of more) {
      isEmpty = false
      const timed = { exemption, untilMs: findInstantMs(exemption.until) ?? 0 }
      note(byAccount, exemption.account, timed)
      note(byFacility, exemption.facility, timed)
      note(byProvince, exemption.province, timed)
      note(byToken, exemption.token, timed)
    }
  }

  add(exemptions)
  return {
    add,
    find(rule, exempt, dateMs) {
      if (isEmpty) return undefined
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

function note(groups: Map<string, Timed[]>, key: string | undefined, timed: Timed): void {
  if (key === undefined) return
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [timed])
  else group.push(timed)
}
