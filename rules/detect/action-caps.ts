import type { RuleName } from './rule-names.ts'

const HOUR_MS = 3_600_000

/** Where a cap bites: what the rule would have done is only named. */
export interface CapBite {
  readonly rule: RuleName
  /** `undefined` where the cap for all bites. */
  readonly province: string | undefined
  readonly sinceMs: number
  lastMs: number
  /** Accounts only named for it. */
  readonly accounts: Set<number>
}

/** How many accounts may be throttled or suspended within an hour, so that a bad rule cannot switch the country off. */
export class ActionCaps {
  readonly #perHour: number
  readonly #perProvinceHour: number
  readonly #all: number[] = []
  readonly #byProvince = new Map<string, number[]>()
  readonly #bites = new Map<string, CapBite>()

  constructor(perHour: number, perProvinceHour: number) {
    this.#perHour = perHour
    this.#perProvinceHour = perProvinceHour
  }

  /** `true`, and counted, if one more account may be acted on. `province`: of its facility, empty if unknown. */
  allow(rule: RuleName, province: string, slot: number, nowMs: number): boolean {
    const own = this.#byProvince.get(province) ?? []
    this.#byProvince.set(province, own)
    forgetBefore(this.#all, nowMs - HOUR_MS)
    forgetBefore(own, nowMs - HOUR_MS)
    const isFull = this.#all.length >= this.#perHour
    if (isFull || own.length >= this.#perProvinceHour) {
      this.#noteBite(rule, isFull ? undefined : province, slot, nowMs)
      return false
    }
    this.#all.push(nowMs)
    own.push(nowMs)
    return true
  }

  /** The caps that bit within the last hour. */
  bites(nowMs: number): readonly CapBite[] {
    for (const [key, bite] of this.#bites) if (bite.lastMs < nowMs - HOUR_MS) this.#bites.delete(key)
    return [...this.#bites.values()]
  }

  /** The clock was set back to `nowMs`: what was done later was done now. */
  turnBack(nowMs: number): void {
    for (const times of [this.#all, ...this.#byProvince.values()]) {
      for (const [at, ms] of times.entries()) if (ms > nowMs) times[at] = nowMs
    }
    for (const bite of this.#bites.values()) bite.lastMs = Math.min(bite.lastMs, nowMs)
  }

  #noteBite(rule: RuleName, province: string | undefined, slot: number, nowMs: number): void {
    const key = `${rule} ${province ?? ''}`
    const known = this.#bites.get(key)
    const isOver = known === undefined || known.lastMs < nowMs - HOUR_MS
    const bite = isOver ? { rule, province, sinceMs: nowMs, lastMs: nowMs, accounts: new Set<number>() } : known
    bite.lastMs = Math.max(bite.lastMs, nowMs)
    bite.accounts.add(slot)
    this.#bites.set(key, bite)
  }
}

function forgetBefore(times: number[], beforeMs: number): void {
  let gone = 0
  while (gone < times.length && (times[gone] as number) <= beforeMs) gone++
  if (gone > 0) times.splice(0, gone)
}
