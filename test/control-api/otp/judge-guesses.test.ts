import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type GuessLimits, judgeGuesses } from '../../../control-api/otp/judge-guesses.ts'

const LIMITS: GuessLimits = { wrongBeforeLock: 3, wrongPerSource: 5, wrongPerOfficerDay: 6, lockMinutes: 30 }
const NOW_MS = Date.UTC(2026, 2, 2)
const MINUTE_MS = 60_000
const NOTHING = { pair: [], source: [], officer: [] }
const ago = (...minutes: number[]) => minutes.map((minute) => NOW_MS - minute * MINUTE_MS)
const locked = (scope: string, minutes: number) => ({ kind: 'locked', scope, untilMs: NOW_MS + minutes * MINUTE_MS })

describe('judgeGuesses', () => {
  it.each<[string, Partial<Record<keyof typeof NOTHING, number[]>>, object]>([
    ['nothing', {}, { kind: 'go' }],
    ['one fewer than lock', { pair: ago(20, 10) }, { kind: 'go' }],
    ['as many as lock', { pair: ago(20, 10, 4) }, locked('pair', 26)],
    ['a lock that is over', { pair: ago(50, 40, 30) }, { kind: 'go' }],
    ['another one after it, which does not lock at once again', { pair: ago(50, 40, 30, 1) }, { kind: 'go' }],
    ['too many over more than an hour', { pair: ago(70, 40, 5) }, { kind: 'go' }],
    ['a source that tries one number after the other', { source: ago(9, 8, 7, 6, 5) }, locked('source', 25)],
    ['strangers over a whole day', { officer: ago(1000, 900, 800, 700, 600, 500) }, locked('officer', 440)],
    ['the longest of them', { pair: ago(3, 2, 1), officer: ago(60, 50, 40, 30, 20, 10) }, locked('officer', 1380)],
  ])('%s', (_what, history, verdict) => {
    expect(judgeGuesses({ ...NOTHING, ...history }, LIMITS, NOW_MS)).toEqual(verdict)
  })

  it('never lets one pair try more than its limit within a lock, whatever it does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 80 }), (gaps) => {
        const tried: number[] = []
        let atMs = NOW_MS
        for (const gap of gaps) {
          atMs += gap * MINUTE_MS
          const verdict = judgeGuesses({ ...NOTHING, pair: tried }, LIMITS, atMs)
          if (verdict.kind === 'go') tried.push(atMs)
          else expect(atMs).toBeLessThan(verdict.untilMs)
        }
        for (const ms of tried)
          expect(tried.filter((other) => other >= ms && other < ms + LIMITS.lockMinutes * MINUTE_MS).length).toBeLessThanOrEqual(
            3,
          )
      }),
      { seed: 7, numRuns: 200 },
    )
  })
})
