import { createTask } from 'node-cron'
import { type Clock, PORTAL_TIME_ZONE } from '../../rules/time/clock.ts'
import type { Timers } from './timers.ts'

/** The machine's own clock. */
export function createSystemClock(): Clock {
  return { nowMs: () => Date.now() }
}

/** setTimeout takes no more than 2^31 - 1 ms; more would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1
/** A schedule looks at the wall clock so often at least: between, somebody may set it. */
const MAX_WAIT_MS = 10_000

/** Timers of this process; cron expressions are read in the portal's zone. */
export function createSystemTimers(): Timers {
  return {
    after(delayMs, job) {
      const timer = setTimeout(job, Math.min(Math.max(0, delayMs), MAX_TIMEOUT_MS))
      return { [Symbol.dispose]: () => clearTimeout(timer) }
    },
    cron: followCron,
  }
}

/**
 * The expression is node-cron's to read, the waiting is ours: node-cron's own goes on for two days where the clock is set back by two days, and calls every minute between where a
 * clock of 1970 is set right. Here one call makes up for all that were jumped over.
 */
function followCron(expression: string, job: () => void): Disposable {
  const task = createTask(expression, () => undefined, { timezone: PORTAL_TIME_ZONE })
  const findNext = (): number => task.getNextRuns(1)[0]?.getTime() ?? Number.POSITIVE_INFINITY
  let seenMs = Date.now()
  let nextMs = findNext()
  let timer: NodeJS.Timeout

  const look = (): void => {
    const nowMs = Date.now()
    const isDue = nowMs >= nextMs
    if (isDue || nowMs < seenMs) nextMs = findNext()
    seenMs = nowMs
    timer = wait()
    if (isDue) job()
  }
  const wait = (): NodeJS.Timeout => setTimeout(look, Math.min(Math.max(1, nextMs - Date.now()), MAX_WAIT_MS))

  timer = wait()
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      void task.destroy()
    },
  }
}
