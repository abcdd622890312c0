import { setImmediate as turn } from 'node:timers/promises'
import { createTask } from 'node-cron'
import type { Timers } from '../../agent/time/timers.ts'
import { type Clock, PORTAL_TIME_ZONE } from '../../rules/time/clock.ts'

const MINUTE_MS = 60_000

/** Time that moves only when a test says so: a clock, timers and cron in one. */
export interface FakeTime extends Clock, Timers {
  /** Moves on, firing what comes due in its order; between two jobs all that they started gets its turn. */
  advance(ms: number): Promise<void>
  /** Sets the wall clock, as an administrator or NTP does; timers do not notice. */
  setClock(nowMs: number): void
  /** Timers that wait. */
  readonly waiting: number
}

interface FakeTimer {
  readonly dueMs: number
  readonly job: () => void
}

export function createFakeTime(startMs: number): FakeTime {
  let nowMs = startMs
  /** What a monotonic clock says; timers go by it. */
  let elapsedMs = 0
  const timers = new Set<FakeTimer>()
  const crons = new Set<{ readonly matches: (date: Date) => boolean; readonly job: () => void }>()

  const nextTimer = (untilMs: number, isIncluded = true): FakeTimer | undefined =>
    [...timers].filter(({ dueMs }) => (isIncluded ? dueMs <= untilMs : dueMs < untilMs)).sort((a, b) => a.dueMs - b.dueMs)[0]

  const moveTo = (toMs: number): void => {
    nowMs += toMs - elapsedMs
    elapsedMs = toMs
  }

  return {
    nowMs: () => nowMs,
    setClock(toMs) {
      nowMs = toMs
    },
    get waiting() {
      return timers.size
    },
    after(delayMs, job) {
      const timer = { dueMs: elapsedMs + Math.max(0, delayMs), job }
      timers.add(timer)
      return { [Symbol.dispose]: () => void timers.delete(timer) }
    },
    cron(expression, job) {
      const task = createTask(expression, () => undefined, { timezone: PORTAL_TIME_ZONE })
      const cron = { matches: (date: Date) => task.match(date), job }
      crons.add(cron)
      return { [Symbol.dispose]: () => void crons.delete(cron) }
    },
    async advance(ms) {
      const endMs = elapsedMs + ms
      for (;;) {
        const minuteMs = elapsedMs + MINUTE_MS - (nowMs % MINUTE_MS)
        const stepMs = Math.min(endMs, minuteMs)
        // At a full minute cron goes first, so that a timer of the same instant does not hide it.
        const timer = nextTimer(stepMs, stepMs < minuteMs)
        moveTo(Math.max(elapsedMs, timer?.dueMs ?? stepMs))
        if (timer !== undefined) {
          timers.delete(timer)
          timer.job()
        } else if (elapsedMs === minuteMs) for (const { matches, job } of crons) if (matches(new Date(nowMs))) job()
        await settle()
        if (timer === undefined && elapsedMs >= endMs && nextTimer(endMs) === undefined) return
      }
    },
  }
}

/** Lets promises and loopback answers that are on their way arrive. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await turn()
}
