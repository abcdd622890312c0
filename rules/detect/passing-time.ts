import type { AccountTable } from './account-table.ts'
import type { Verdict } from './detector.ts'
import type { HourLessons } from './hour-lessons.ts'
import type { Judge } from './judge.ts'
import type { LogClock } from './log-clock.ts'
import type { StepWatch } from './step-watch.ts'

const STEP_MS = 10_000
const HOUR_MS = 3_600_000
const MAX_MISSED_HOURS = 24
const NO_VERDICTS: readonly Verdict[] = []

export interface TimeParts {
  readonly table: AccountTable
  readonly clock: LogClock
  readonly judge: Judge
  readonly steps: StepWatch
  readonly lessons: HourLessons
}

/** What comes to pass by itself as the log's time goes on: actions end, hours are learned, accounts in step are looked for. */
export class PassingTime {
  readonly #parts: TimeParts
  nextHourMs = 0
  nextStepMs = 0

  constructor(parts: TimeParts) {
    this.#parts = parts
  }

  /** Before this time nothing comes to pass. */
  get quietUntilMs(): number {
    return Math.min(this.nextStepMs, this.nextHourMs, this.#parts.judge.standings.nextMs)
  }

  /** Takes a request's time. */
  see(atMs: number): readonly Verdict[] {
    const { clock, judge } = this.#parts
    const beforeMs = clock.nowMs
    clock.see(atMs)
    const { nowMs } = clock
    if (nowMs < beforeMs || (nowMs > beforeMs + HOUR_MS && beforeMs > 0)) this.#jump(beforeMs)
    if (nowMs >= this.nextStepMs || nowMs >= this.nextHourMs) return this.#pass()
    return judge.standings.isDue(nowMs) ? judge.release(nowMs) : NO_VERDICTS
  }

  /** Moves time on without a request. */
  advance(toMs: number): readonly Verdict[] {
    this.#parts.clock.advance(toMs)
    return this.#pass()
  }

  /** The log's clock jumped. Set back, nothing is to wait for a time that was never true. */
  #jump(beforeMs: number): void {
    const { clock, judge, steps } = this.#parts
    steps.jump(beforeMs, clock.nowMs)
    if (clock.nowMs > beforeMs) return
    judge.turnBack(clock.nowMs)
    this.nextStepMs = 0
    // Hours that are lived twice are learned once, as long as the counts of a day hold both.
    if (this.nextHourMs > clock.nowMs + MAX_MISSED_HOURS * HOUR_MS) this.nextHourMs = 0
  }

  #pass(): readonly Verdict[] {
    const { table, clock, judge, lessons } = this.#parts
    if (clock.nowMs >= this.nextHourMs)
      this.nextHourMs = lessons.learnAll(
        table.values(),
        this.nextHourMs,
        clock.nowMs,
        (account) => judge.standings.find(account) !== undefined,
      )
    return clock.nowMs >= this.nextStepMs ? this.#stepAlong() : judge.release(clock.nowMs)
  }

  /** Looks for accounts in step, and asks the rules of those that are. */
  #stepAlong(): readonly Verdict[] {
    const { table, clock, judge, steps } = this.#parts
    this.nextStepMs = Math.floor(clock.nowMs) + STEP_MS
    const released = judge.release(clock.nowMs)
    const fresh: Verdict[] = []
    for (const slot of steps.look(clock.nowMs)) {
      const account = table.at(slot)
      const verdict = account === undefined ? undefined : judge.judge(account, slot, clock.nowMs, 'lookup', clock.nowMs)
      if (verdict !== undefined) fresh.push(verdict)
    }
    return fresh.length === 0 ? released : [...released, ...fresh]
  }
}
