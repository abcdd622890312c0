import { schedule } from 'node-cron'
import { type Clock, PORTAL_TIME_ZONE } from '../../rules/time/clock.ts'
import type { Timers } from './timers.ts'

/** The machine's own clock. */
export function createSystemClock(): Clock {
  return { nowMs: () => Date.now() }
}

/** setTimeout takes no more than 2^31 - 1 ms; more would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** Timers of this process; cron expressions are read in the portal's zone. */
export function createSystemTimers(): Timers {
  return {
    after(delayMs, job) {
      const timer = setTimeout(job, Math.min(Math.max(0, delayMs), MAX_TIMEOUT_MS))
      return { [Symbol.dispose]: () => clearTimeout(timer) }
    },
    cron(expression, job) {
      const task = schedule(expression, job, { timezone: PORTAL_TIME_ZONE, suppressMissedWarning: true })
      return {
        [Symbol.dispose]: () => {
          void task.destroy()
        },
      }
    },
  }
}
