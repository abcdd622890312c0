import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPace } from '../../../control-api/sms/pace.ts'

/** A clock that only waiting moves; a timer fires up to a millisecond early, as real ones do. */
function createTime(early = 0) {
  const time = { nowMs: 0 }
  return {
    time,
    nowMs: () => time.nowMs,
    wait: async (ms: number) => {
      time.nowMs += Math.max(ms - early, 0.5)
    },
  }
}

describe('createPace', () => {
  it('never lets more through in any second than allowed, whenever turns are asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
        async (perSecond, gaps) => {
          const { time, nowMs, wait } = createTime(0.4)
          const pace = createPace({ perSecond, nowMs, wait })
          const turns: number[] = []
          for (const gap of gaps) {
            time.nowMs += gap
            await pace.turn()
            turns.push(time.nowMs)
          }
          for (const [at, ms] of turns.entries())
            expect(turns.slice(at).filter((other) => other < ms + 1000 - 1).length).toBeLessThanOrEqual(perSecond)
        },
      ),
      { seed: 11, numRuns: 60 },
    )
  })

  it('lets nothing through while a gateway wants a pause, and costs nothing where there is room', async () => {
    const { time, nowMs, wait } = createTime()
    const pace = createPace({ perSecond: 10, nowMs, wait })
    await pace.turn()
    expect(time.nowMs).toBe(0)
    pace.pause(3000)
    await pace.turn()
    expect(time.nowMs).toBe(3000)
  })
})
