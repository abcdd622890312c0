import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRateLimits } from '../../../rules/gate/rate-limits.ts'

describe('createRateLimits', () => {
  it('lets through what a bucket lets through that is filled drop by drop', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 120_000 })), { maxLength: 60 })
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 60, 600), fc.integer({ min: 1, max: 5 }), steps, (perMinute, burst, asked) => {
        const limits = createRateLimits(100)
        const buckets = new Map<string, { drops: number; atMs: number }>()
        let atMs = 1_700_000_000_000
        for (const [account, laterMs] of asked) {
          atMs += laterMs
          const bucket = buckets.get(account) ?? { drops: burst, atMs }
          const drops = Math.min(burst, bucket.drops + ((atMs - bucket.atMs) * perMinute) / 60_000)
          const waitMs = limits.take('x', account, atMs, { perMinute, burst })
          // A hair's breadth before a drop is full both may be right.
          if (Math.abs(drops - Math.round(drops)) > 1e-6) expect(waitMs === 0).toBe(drops >= 1)
          buckets.set(account, { drops: waitMs === 0 ? Math.max(0, drops - 1) : drops, atMs })
        }
      }),
    )
  })

  it('says how long to wait, and counts nothing that may not pass', () => {
    const limits = createRateLimits(100)
    const rate = { perMinute: 6, burst: 2 }
    expect([0, 0, 1, 2].map((ms) => limits.take('x', 'a', ms, rate))).toEqual([0, 0, 9_999, 9_998])
    expect(limits.take('x', 'a', 10_000, rate)).toBe(0)
  })

  it('never makes anybody wait longer than for an empty bucket when the clock is set back', () => {
    const limits = createRateLimits(100)
    limits.take('x', 'a', 1_000_000_000, { perMinute: 1, burst: 1 })
    expect(limits.take('x', 'a', 0, { perMinute: 1, burst: 1 })).toBe(60_000)
  })

  it('holds no more than it may, and forgets those not asked for longest', () => {
    const limits = createRateLimits(10)
    const rate = { perMinute: 1, burst: 1 }
    for (let i = 0; i < 1000; i += 1) limits.take('x', String(i), 0, rate)
    expect(limits.size).toBeLessThanOrEqual(10)
    expect(limits.take('x', '999', 0, rate)).toBeGreaterThan(0)
    expect(limits.take('x', '0', 0, rate)).toBe(0)
  })
})
