import type { VerdictAction } from './detector.ts'
import type { RuleName } from './rule-names.ts'
import type { Level } from './standings.ts'

const MINUTE_MS = 60_000

/** What a rule in shadow mode would have done. */
export interface ShadowTally {
  readonly rule: RuleName
  readonly actions: Readonly<Record<Exclude<VerdictAction, 'release'>, number>>
  /** Accounts it would act on now. */
  readonly accounts: number
}

interface Shadow {
  readonly actions: [number, number, number, number]
  /** By slot: the minute up to which it would act, and above it the level, in one small number. */
  readonly until: Map<number, number>
}

/** Counts what rules in shadow mode would have done: once for each account until it was calm for as long as an action lasts. */
export class Shadows {
  readonly #holdMs: number
  readonly #rules = new Map<RuleName, Shadow>()

  constructor(rules: readonly RuleName[], holdMs: number) {
    this.#holdMs = holdMs
    for (const rule of rules) this.#rules.set(rule, { actions: [0, 0, 0, 0], until: new Map() })
  }

  note(rule: RuleName, slot: number, level: Level, nowMs: number): void {
    const shadow = this.#rules.get(rule)
    if (shadow === undefined) return
    const before = shadow.until.get(slot) ?? 0
    const levelBefore = before >>> 2 > Math.floor(nowMs / MINUTE_MS) ? before & 3 : 0
    if (level > levelBefore) shadow.actions[level]++
    const untilMinute = Math.ceil((nowMs + this.#holdMs) / MINUTE_MS)
    shadow.until.set(slot, (untilMinute << 2) | Math.max(level, levelBefore))
  }

  /** Forgets an account. */
  clear(slot: number): void {
    for (const { until } of this.#rules.values()) until.delete(slot)
  }

  tallies(nowMs: number): readonly ShadowTally[] {
    const minute = Math.floor(nowMs / MINUTE_MS)
    return Array.from(this.#rules, ([rule, { actions, until }]) => {
      for (const [slot, packed] of until) if (packed >>> 2 <= minute) until.delete(slot)
      const [, watch, throttle, suspend] = actions
      return { rule, actions: { watch, throttle, suspend }, accounts: until.size }
    })
  }
}
