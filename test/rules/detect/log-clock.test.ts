import { describe, expect, it } from 'vitest'
import { LogClock } from '../../../rules/detect/log-clock.ts'

const HOUR_MS = 3_600_000

function nowAfter(...times: number[]): number {
  const clock = new LogClock()
  for (const atMs of times) clock.see(100 * HOUR_MS + atMs)
  return clock.nowMs - 100 * HOUR_MS
}

describe('LogClock', () => {
  it.each([
    [[0, 5, 3], 5, 'late requests do not move it back'],
    [[0, 7 * HOUR_MS], 7 * HOUR_MS, 'a quiet night'],
    [[0, 70 * HOUR_MS, 1], 1, 'one stray request from the future'],
    [[0, 70 * HOUR_MS, 70 * HOUR_MS + 1, 70 * HOUR_MS + 2], 70 * HOUR_MS + 2, 'three that agree: the holidays are over'],
    [[0, 30 * HOUR_MS, 60 * HOUR_MS, 90 * HOUR_MS], 90 * HOUR_MS, 'a log with a request every other day'],
    [[0, -2 * HOUR_MS, 1], 1, 'one stray request from the past'],
    [[0, ...Array.from({ length: 64 }, (_, second) => second - 2 * HOUR_MS)], 63 - 2 * HOUR_MS, 'the clock was set back'],
  ])('after %j says %i: %s', (times, now) => {
    expect(nowAfter(...times)).toBe(now)
  })

  it('advances without a request, and never back', () => {
    const clock = new LogClock()
    clock.see(HOUR_MS)
    clock.advance(9 * HOUR_MS)
    clock.advance(HOUR_MS)
    expect(clock.nowMs).toBe(9 * HOUR_MS)
  })
})
