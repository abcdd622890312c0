import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSystemTimers } from '../../../agent/time/system-time.ts'

const START_MS = Date.UTC(2024, 6, 27, 3, 0, 30)
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('createSystemTimers', () => {
  it('reads cron expressions in the zone of the portal', async () => {
    const job = vi.fn()
    using _cron = createSystemTimers().cron('1 10 * * *', job)
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(job).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['back by two days', -2 * DAY_MS],
    ['ahead by two days', 2 * DAY_MS],
  ])('goes on every minute where the wall clock is set %s', async (_, ms) => {
    const job = vi.fn()
    using _cron = createSystemTimers().cron('* * * * *', job)
    await vi.advanceTimersByTimeAsync(MINUTE_MS)
    expect(job).toHaveBeenCalledTimes(1)
    vi.setSystemTime(Date.now() + ms)
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS)
    expect(job.mock.calls.length).toBeGreaterThanOrEqual(2)
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS)
    expect(job.mock.calls.length).toBeGreaterThanOrEqual(4)
  })

  it('ends a schedule that is disposed of', async () => {
    const job = vi.fn()
    createSystemTimers().cron('* * * * *', job)[Symbol.dispose]()
    await vi.advanceTimersByTimeAsync(3 * MINUTE_MS)
    expect(job).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })
})
