import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgePace, type PaceLimits } from '../../../control-api/otp/judge-pace.ts'

const LIMITS: PaceLimits = {
  resendS: 60,
  perOfficerQuarterHour: 3,
  perOfficerDay: 5,
  perPhoneHour: 4,
  perSourceQuarterHour: 6,
  perMinute: 8,
}
const NOW_MS = Date.UTC(2026, 2, 2)
const NOTHING = { pair: [], officer: [], phone: [], source: [], all: [] }
const ago = (...seconds: number[]) => seconds.map((s) => NOW_MS - s * 1000)

describe('judgePace', () => {
  it.each<[string, Partial<typeof NOTHING>, object]>([
    ['the first one', {}, { kind: 'go' }],
    ['again after 59 s', { pair: ago(59) }, { kind: 'wait', why: 'resend', untilMs: NOW_MS + 1000 }],
    ['again after a minute', { pair: ago(60) }, { kind: 'go' }],
    [
      'the fourth in a quarter of an hour',
      { officer: ago(70, 400, 800) },
      { kind: 'wait', why: 'officer', untilMs: NOW_MS + 100_000 },
    ],
    [
      'the sixth in a day',
      { officer: ago(1000, 9000, 20_000, 40_000, 80_000) },
      { kind: 'wait', why: 'officer', untilMs: NOW_MS + 6_400_000 },
    ],
    ['too many from one place', { source: ago(1, 2, 3, 4, 5, 6) }, { kind: 'wait', why: 'source', untilMs: NOW_MS + 894_000 }],
    ['too many of everybody', { all: ago(1, 2, 3, 4, 5, 6, 7, 8) }, { kind: 'wait', why: 'all', untilMs: NOW_MS + 52_000 }],
    ['too many to one phone: nothing is said', { phone: ago(100, 200, 300, 400) }, { kind: 'silent' }],
    [
      'what the asker knows comes first',
      { phone: ago(1, 2, 3, 4), pair: ago(10) },
      { kind: 'wait', why: 'resend', untilMs: NOW_MS + 50_000 },
    ],
    [
      'a clock that was set back holds nobody up for longer',
      { pair: ago(-86_400) },
      { kind: 'wait', why: 'resend', untilMs: NOW_MS + 60_000 },
    ],
  ] as unknown as [string, Partial<typeof NOTHING>, object][])('%s', (_what, history, verdict) => {
    expect(judgePace({ ...NOTHING, ...history }, LIMITS, NOW_MS)).toEqual(verdict)
  })

  it('lets as many go within any window as one who counts them all, and says the first instant at which it may be', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 40 }), (seconds) => {
        const gone: number[] = []
        for (const s of [...seconds].sort((a, b) => a - b)) {
          const atMs = NOW_MS + s * 1000
          const history = { pair: gone, officer: gone, phone: [], source: gone, all: gone }
          const within = (ms: number, at = atMs) => gone.filter((one) => one > at - ms).length
          const isFree = (at: number) =>
            within(60_000, at) < 1 && within(900_000, at) < 3 && within(86_400_000, at) < 5 && within(60_000, at) < 8
          const verdict = judgePace(history, LIMITS, atMs)
          expect(verdict.kind).toBe(isFree(atMs) ? 'go' : 'wait')
          if (verdict.kind === 'wait') expect([isFree(verdict.untilMs), isFree(verdict.untilMs - 1)]).toEqual([true, false])
          if (verdict.kind === 'go') gone.push(atMs)
        }
      }),
      { seed: 1232, numRuns: 200 },
    )
  })
})
