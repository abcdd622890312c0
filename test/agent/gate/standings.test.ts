import { expect, it } from 'vitest'
import { createStandings } from '../../../agent/gate/standings.ts'
import { aFlag } from '../../support/gate-edge.ts'

const NOW_MS = Date.UTC(2026, 2, 2, 1)

it('flags that nobody released are forgotten when they have ended for certain, and those without an end never', () => {
  const standings = createStandings()
  standings.takeFlag(aFlag('01234_BV', NOW_MS + 1000))
  standings.takeFlag(aFlag('01235_BV', NOW_MS + 2000))
  standings.takeFlag({ ...aFlag('01236_BV', NOW_MS), until: null })
  const before = standings.all()
  standings.forget(NOW_MS + 999)
  expect([standings.flags, standings.all() === before]).toEqual([3, true])
  standings.forget(NOW_MS + 1000)
  expect([standings.flags, standings.all().has('01234_BV'), standings.find('01236_BV', undefined, NOW_MS + 9e9)?.action]).toEqual(
    [2, false, 'suspend'],
  )
})

it('of a flag and a verdict the stronger counts, and verdicts change by their tokens', () => {
  const standings = createStandings()
  const [one, other] = ['a'.repeat(16), 'b'.repeat(16)]
  const verdict = (token: string, action: 'suspend' | 'throttle') => ({ token, action, untilMs: NOW_MS + 1000 })
  standings.takeVerdicts({ isWhole: true, set: [verdict(one, 'throttle'), verdict(other, 'suspend')], gone: [] })
  standings.takeFlag(aFlag('01234_BV', NOW_MS + 500, 'throttle'))
  expect(standings.find('01234_BV', other, NOW_MS)?.action).toBe('suspend')
  standings.takeVerdicts({ isWhole: false, set: [verdict(one, 'suspend')], gone: [other] })
  expect(standings.find('01234_BV', other, NOW_MS)?.action).toBe('throttle')
  expect(standings.find('01234_BV', one, NOW_MS + 600)?.action).toBe('suspend')
  standings.takeVerdicts({ isWhole: true, set: [], gone: [] })
  expect([standings.verdicts, standings.find('x', one, NOW_MS)]).toEqual([0, undefined])
})
