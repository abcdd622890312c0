import type { InStepGroup, RecentLookups } from './in-step/in-step-group.ts'
import { InStepGroups } from './in-step/in-step-groups.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import { windowNumber } from './windows.ts'

/** A group in step, and over how long its figures were counted. */
export interface SteppingGroup extends InStepGroup {
  readonly spanMinutes: number
}

/** The slow look sees hours as the quick one sees five minutes. */
const SLOWNESS = 12
const QUICK_MINUTES = 10
const SLOW_LOOK_MS = 60_000
/** A person that comes later than this, by the log's clock, is in step with nobody: so little of a pane that nobody stands out by time that is lived twice. */
const MAX_LATE_MS = 30_000
/** So many in a row that are later: the clock was set back, by less than makes the log's clock believe it. */
const LATE_RUN = 64
/** What is usual goes by the hour, and after a jump nobody knows whether the log's hour is the right one. */
const WARY_MS = 86_400_000
const REMEMBER_MS = 86_400_000
const TEN_MINUTES = windowNumber('10m')
const HOUR = windowNumber('1h')

/**
 * Looks for accounts in step twice: within ten minutes, and within two hours for an operator who is patient. The slow look is the quick
 * one with a clock that runs twelve times slower; a shared rate says nothing there, because everybody's morning is alike.
 *
 * A clock that jumps makes everybody look busier than usual, all at the same time. So what comes late is left out; when the log's clock goes back,
 * all is forgotten, and nobody is in step until it has come to where it was; and for a day after each jump a shared rate alone says nothing.
 */
export class StepWatch {
  readonly #minAccounts: number
  readonly #minExcess: number
  readonly #counters: Pick<SlidingCounters, 'readAt'>
  #quick: InStepGroups
  #slow: InStepGroups
  #slowGroups: readonly SteppingGroup[] = []
  #slowAtMs = 0
  #bySlot: ReadonlyMap<number, SteppingGroup> = new Map()
  /** Before these times nobody is in step, and nobody by rhythm alone. */
  #fromMs = 0
  #rhythmFromMs = 0
  #lateRun = 0

  constructor(minAccounts: number, minExcess: number, counters: Pick<SlidingCounters, 'readAt'>) {
    this.#minAccounts = minAccounts
    this.#minExcess = minExcess
    this.#counters = counters
    this.#quick = this.#createQuick()
    this.#slow = this.#createSlow()
  }

  /** As `InStepGroups.add`; `nowMs`: what time the log says it is. */
  add(
    slot: number,
    facility: number,
    source: number,
    block: number | undefined,
    usualPerHour: number,
    atMs: number,
    nowMs: number,
  ): void {
    const lateMs = nowMs - atMs
    // A time that the log's clock does not believe.
    if (lateMs < 0) return
    if (lateMs <= MAX_LATE_MS) {
      this.#lateRun = 0
      this.#quick.add(slot, facility, source, block, usualPerHour, atMs)
    } else if (++this.#lateRun >= LATE_RUN) this.#rhythmFromMs = nowMs + WARY_MS
    if (lateMs > MAX_LATE_MS * SLOWNESS) return
    this.#slow.add(slot, facility, source, block, usualPerHour * SLOWNESS, atMs / SLOWNESS)
  }

  /** Looks at what is held of an account; what it gives means nothing. */
  glance(slot: number): number {
    return this.#quick.glance(slot) ^ this.#slow.glance(slot)
  }

  /** The log's clock jumped from `beforeMs` to `nowMs`. */
  jump(beforeMs: number, nowMs: number): void {
    this.#rhythmFromMs = nowMs + WARY_MS
    if (nowMs >= beforeMs) return
    this.#fromMs = Math.min(beforeMs, nowMs + WARY_MS)
    this.#quick = this.#createQuick()
    this.#slow = this.#createSlow()
    this.#slowGroups = []
    this.#slowAtMs = 0
    this.#bySlot = new Map()
  }

  /** Looks at all that is held; gives the slots in groups. Ask every ten seconds or so. */
  look(nowMs: number): Iterable<number> {
    if (nowMs < this.#fromMs) return []
    const quick = this.#quick
      .groups(nowMs)
      .filter(({ reason }) => reason !== 'rhythm' || nowMs >= this.#rhythmFromMs)
      .map((group) => ({ ...group, spanMinutes: QUICK_MINUTES }))
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

  #createQuick(): InStepGroups {
    return new InStepGroups({
      minAccounts: this.#minAccounts,
      minExcess: this.#minExcess,
      recentOf: (slot, nowMs) => this.#recentOf(slot, TEN_MINUTES, nowMs),
    })
  }

  #createSlow(): InStepGroups {
    return new InStepGroups({
      minAccounts: this.#minAccounts,
      minExcess: 2 * this.#minExcess,
      findsRhythm: false,
      rememberMs: REMEMBER_MS / SLOWNESS,
      recentOf: (slot, nowMs) => this.#recentOf(slot, HOUR, nowMs * SLOWNESS),
    })
  }

  #recentOf(slot: number, window: number, nowMs: number): RecentLookups {
    return {
      lookups: this.#counters.readAt(slot, window, 'lookups', nowMs),
      fresh: this.#counters.readAt(slot, window, 'newSubjects', nowMs),
    }
  }
}
