import type { InStepGroup } from './in-step/in-step-group.ts'
import { InStepGroups } from './in-step/in-step-groups.ts'

/** A group in step, and over how long its figures were counted. */
export interface SteppingGroup extends InStepGroup {
  readonly spanMinutes: number
}

/** The slow look sees hours as the quick one sees five minutes. */
const SLOWNESS = 12
const QUICK_MINUTES = 10
const SLOW_LOOK_MS = 60_000

/**
 * Looks for accounts in step twice: within ten minutes, and within two hours for an operator who is patient. The slow look is the quick
 * one with a clock that runs twelve times slower; a shared rate says nothing there, because everybody's morning is alike.
 */
export class StepWatch {
  readonly #quick: InStepGroups
  readonly #slow: InStepGroups
  #slowGroups: readonly SteppingGroup[] = []
  #slowAtMs = 0
  #bySlot: ReadonlyMap<number, SteppingGroup> = new Map()

  constructor(minAccounts: number, minExcess: number) {
    this.#quick = new InStepGroups({ minAccounts, minExcess })
    this.#slow = new InStepGroups({ minAccounts, minExcess: 2 * minExcess, findsRhythm: false })
  }

  /** As `InStepGroups.add`. */
  add(slot: number, facility: number, source: number, block: number, usualPerHour: number, atMs: number): void {
    this.#quick.add(slot, facility, source, block, usualPerHour, atMs)
    this.#slow.add(slot, facility, source, block, usualPerHour * SLOWNESS, atMs / SLOWNESS)
  }

  /** Looks at all that is held; gives the slots in groups. Ask every ten seconds or so. */
  look(nowMs: number): Iterable<number> {
    const quick = this.#quick.groups(nowMs).map((group) => ({ ...group, spanMinutes: QUICK_MINUTES }))
    if (nowMs >= this.#slowAtMs) {
      this.#slowAtMs = nowMs + SLOW_LOOK_MS
      this.#slowGroups = this.#slow
        .groups(nowMs / SLOWNESS)
        .map((group) => ({ ...group, sinceMs: group.sinceMs * SLOWNESS, spanMinutes: QUICK_MINUTES * SLOWNESS }))
    }
    this.#bySlot = new Map([...this.#slowGroups, ...quick].flatMap((group) => group.slots.map((slot) => [slot, group] as const)))
    return this.#bySlot.keys()
  }

  /** The group of an account when it was last looked. */
  groupOf(slot: number): SteppingGroup | undefined {
    return this.#bySlot.get(slot)
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    this.#quick.clear(slot)
    this.#slow.clear(slot)
    if (!this.#bySlot.has(slot)) return
    this.#bySlot = new Map([...this.#bySlot].filter(([other]) => other !== slot))
  }
}
