import { findInstantMs } from '../time/find-instant.ts'
import type { Account } from './account.ts'
import type { Exemption } from './detect-policy.ts'
import type { RuleName } from './rule-names.ts'

interface TimedExemption {
  readonly exemption: Exemption
  readonly untilMs: number
}

/** Who is left out of which rules, and until when. */
export class Exemptions {
  readonly #byAccount: ReadonlyMap<string, readonly TimedExemption[]>
  readonly #byFacility: ReadonlyMap<string, readonly TimedExemption[]>
  readonly #byProvince: ReadonlyMap<string, readonly TimedExemption[]>
  readonly #all: readonly TimedExemption[]

  constructor(exemptions: readonly Exemption[]) {
    this.#all = exemptions.map((exemption) => ({ exemption, untilMs: findInstantMs(exemption.until) ?? 0 }))
    this.#byAccount = this.#grouped(({ account }) => account?.toUpperCase())
    this.#byFacility = this.#grouped(({ facility }) => facility)
    this.#byProvince = this.#grouped(({ province }) => province)
  }

  covers(rule: RuleName, { name, facility }: Account, nowMs: number): boolean {
    if (this.#all.length === 0) return false
    const isIt = ({ exemption: { rules = [] }, untilMs }: TimedExemption): boolean =>
      nowMs < untilMs && (rules.length === 0 || rules.includes(rule))
    const isAmong = (list: readonly TimedExemption[] | undefined): boolean => list?.some(isIt) === true
    return (
      isAmong(this.#byAccount.get(name.toUpperCase())) ||
      (facility !== undefined && (isAmong(this.#byFacility.get(facility)) || isAmong(this.#byProvince.get(facility.slice(0, 2)))))
    )
  }

  /** Those that have ended: they are ignored. */
  ended(nowMs: number): readonly Exemption[] {
    return this.#all.filter(({ untilMs }) => untilMs <= nowMs).map(({ exemption }) => exemption)
  }

  #grouped(keyOf: (exemption: Exemption) => string | undefined): Map<string, TimedExemption[]> {
    const groups = new Map<string, TimedExemption[]>()
    for (const timed of this.#all) {
      const key = keyOf(timed.exemption)
      if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), timed])
    }
    return groups
  }
}
