import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlidingCounters } from '../../../rules/detect/sliding-counters.ts'
import { WINDOW_NAMES, WINDOWS, windowNumber } from '../../../rules/detect/windows.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')

describe('SlidingCounters', () => {
  it('agrees with counting every request anew, for any steps of time and lateness', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
      { weight: 3, arbitrary: fc.integer({ min: -20_000, max: 90_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 * 3_600_000 }) },
    )
    const kind = fc.constantFrom('newSubjects' as const, 'repeats' as const, undefined)
    fc.assert(
      fc.property(fc.array(fc.tuple(step, kind), { minLength: 1, maxLength: 120 }), (steps) => {
        const counters = new SlidingCounters()
        const seen: { atMs: number; kind: 'newSubjects' | 'repeats' | undefined }[] = []
        let newestMs = START
        for (const [stepMs, kindOfStep] of steps) {
          const atMs = newestMs + stepMs
          newestMs = Math.max(newestMs, atMs)
          seen.push({ atMs, kind: kindOfStep })
          counters.add(3, atMs, kindOfStep)
          for (const name of WINDOW_NAMES) {
            const { bucketMs, buckets } = WINDOWS[name]
            const oldest = Math.floor(newestMs / bucketMs) - buckets
            const inside = seen.filter((request) => Math.floor(request.atMs / bucketMs) > oldest)
            const number = windowNumber(name)
            expect(counters.read(3, number, 'lookups')).toBe(inside.length)
            expect(counters.readAt(3, number, 'lookups', newestMs)).toBe(inside.length)
            expect(counters.read(3, number, 'repeats')).toBe(inside.filter((request) => request.kind === 'repeats').length)
          }
        }
      }),
      { numRuns: 150, seed: 1923 },
    )
  })

  it('counts the same whether it is read after each request or only at the end', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
      { weight: 3, arbitrary: fc.integer({ min: -60_000, max: 90_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: -7_200_000, max: 30 * 3_600_000 }) },
    )
    const kind = fc.constantFrom('newSubjects' as const, 'repeats' as const, undefined)
    const all = ['lookups', 'newSubjects', 'repeats', 'persons'] as const
    const readAll = (counters: SlidingCounters, atMs: number) =>
      WINDOW_NAMES.flatMap((_, number) => [
        ...all.map((series) => counters.read(3, number, series)),
        ...all.map((series) => counters.readAt(3, number, series, atMs)),
        counters.readSpan(3, number, atMs - 3_600_000, atMs),
      ])
    fc.assert(
      fc.property(fc.array(fc.tuple(step, kind), { minLength: 1, maxLength: 80 }), (steps) => {
        const [eager, lazy] = [new SlidingCounters(), new SlidingCounters()]
        let atMs = START
        for (const [stepMs, kindOfStep] of steps) {
          atMs += stepMs
          const isLate = eager.add(3, atMs, kindOfStep)
          readAll(eager, atMs)
          expect(lazy.add(3, atMs, kindOfStep)).toBe(isLate)
        }
        expect(readAll(lazy, atMs)).toEqual(readAll(eager, atMs))
        expect(lazy.late).toBe(eager.late)
        expect(lazy.weight(3)).toBeGreaterThanOrEqual(lazy.read(3, windowNumber('24h'), 'lookups'))
      }),
      { numRuns: 300, seed: 2024 },
    )
  })

  it.each(WINDOW_NAMES.map((name) => [name, WINDOWS[name]] as const))(
    'covers at least %s and at most one sub-bucket more',
    (name, { spanMs, bucketMs }) => {
      const counters = new SlidingCounters()
      counters.add(0, START + 1, undefined)
      const readAt = (ms: number) => counters.readAt(0, windowNumber(name), 'lookups', START + 1 + ms)
      expect([readAt(0), readAt(spanMs), readAt(spanMs + bucketMs)]).toEqual([1, 1, 0])
    },
  )

  it('counts on over New Year as over any other second', () => {
    const counters = new SlidingCounters()
    const newYear = Date.parse('2027-01-01T00:00:00+07:00')
    for (let second = -15; second < 15; second++) counters.add(0, newYear + second * 1000, undefined)
    expect(WINDOW_NAMES.map((_, number) => counters.read(0, number, 'lookups'))).toEqual([30, 30, 30, 30, 30])
  })

  it('begins anew when the clock was set back, after sixteen requests in a row from before the window', () => {
    const counters = new SlidingCounters()
    counters.add(0, START + 7 * 3_600_000, undefined)
    for (let second = 0; second < 20; second++) counters.add(0, START + second * 1000, undefined)
    expect(counters.read(0, windowNumber('30s'), 'lookups')).toBe(5)
    expect(counters.read(0, windowNumber('24h'), 'lookups')).toBe(21)
    expect(counters.late).toBe(15)
  })

  it('is not led astray by one request from the future', () => {
    const counters = new SlidingCounters()
    counters.add(0, START + 365 * 86_400_000, undefined)
    for (let second = 0; second < 40; second++) counters.add(0, START + second * 1000, undefined)
    expect(counters.read(0, windowNumber('1h'), 'lookups')).toBe(25)
  })

  it('keeps accounts apart and forgets one that is cleared', () => {
    const counters = new SlidingCounters()
    for (const slot of [0, 1, 1024, 1025]) counters.add(slot, START, 'newSubjects')
    counters.clear(1024)
    expect([0, 1, 1024, 1025].map((slot) => counters.read(slot, 0, 'newSubjects'))).toEqual([1, 1, 0, 1])
  })

  it('stops at what a sub-bucket holds and comes back down to nothing', () => {
    const counters = new SlidingCounters()
    for (let request = 0; request < 70_000; request++) counters.add(0, START, undefined)
    expect(counters.read(0, windowNumber('24h'), 'lookups')).toBe(70_000)
    counters.add(0, START + 10 * 3_600_000, undefined)
    expect(counters.read(0, windowNumber('24h'), 'lookups')).toBe(65_536)
    counters.add(0, START + 3 * 86_400_000, undefined)
    expect(counters.read(0, windowNumber('24h'), 'lookups')).toBe(1)
  })
})
