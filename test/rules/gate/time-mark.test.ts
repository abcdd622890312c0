import { describe, expect, it } from 'vitest'
import { createTimeMark, FAR_AHEAD_MS } from '../../../rules/gate/time-mark.ts'

const DAY_MS = 86_400_000

describe('createTimeMark', () => {
  it('never goes back, also after a restart', () => {
    const mark = createTimeMark()
    mark.raise(10 * DAY_MS)
    mark.raise(3 * DAY_MS)
    expect(mark.at(3 * DAY_MS)).toBe(10 * DAY_MS)
    expect(createTimeMark(mark).at(3 * DAY_MS)).toBe(10 * DAY_MS)
    expect(mark.at(11 * DAY_MS)).toBe(11 * DAY_MS)
  })

  it('believes what is signed more than the clock', () => {
    const mark = createTimeMark()
    mark.prove(10 * DAY_MS)
    expect(mark.at(0)).toBe(10 * DAY_MS)
    expect(mark.findFault(0)).toBe('CLOCK_BACK')
  })

  it('is not moved by a clock far ahead of everything signed, which is told', () => {
    const mark = createTimeMark()
    mark.prove(10 * DAY_MS)
    mark.raise(10 * DAY_MS + FAR_AHEAD_MS)
    expect([mark.markMs, mark.findFault(mark.markMs)]).toEqual([10 * DAY_MS + FAR_AHEAD_MS, undefined])
    mark.raise(10 * DAY_MS + FAR_AHEAD_MS + 1)
    expect([mark.markMs, mark.findFault(10 * DAY_MS + FAR_AHEAD_MS + 1)]).toEqual([10 * DAY_MS + FAR_AHEAD_MS, 'CLOCK_AHEAD'])
  })
})
