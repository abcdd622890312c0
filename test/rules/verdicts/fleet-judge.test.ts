import { describe, expect, it } from 'vitest'
import { DEFAULT_DETECT_POLICY, type DetectPolicy } from '../../../rules/detect/detect-policy.ts'
import { FleetTallies } from '../../../rules/tallies/fleet-tallies.ts'
import { createCounts } from '../../../rules/tallies/tally.ts'
import { FleetJudge, fleetPolicy } from '../../../rules/verdicts/fleet-judge.ts'
import { anEntry, aTally, sketchOfPersons, tokenOf } from '../../support/tallies.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')
const MINUTE_MS = 60_000

interface World {
  readonly tallies: FleetTallies
  readonly judge: FleetJudge
  /** One minute in which the account looks up so many new persons at each of so many edges. */
  readonly look: (account: string, minute: number, persons: number, edges: number, facility?: string) => string
}

function aWorld(visits: Readonly<Record<string, number>> = {}, policy: DetectPolicy = DEFAULT_DETECT_POLICY): World {
  const tallies = new FleetTallies()
  const judge = new FleetJudge({ tallies, policy, dailyVisitsOf: (facility) => visits[facility] })
  return {
    tallies,
    judge,
    look(account, minute, persons, edges, facility = '01234') {
      const token = tokenOf(account)
      for (let edge = 0; edge < edges; edge++) {
        const first = (minute * edges + edge) * persons
        const subjects = sketchOfPersons(Array.from({ length: persons }, (_, at) => first + at))
        const counts = { ...createCounts(), lookups: persons, newSubjects: persons }
        const minutes = [{ minute: START / MINUTE_MS + minute, entries: [anEntry({ token, facility, counts, subjects })] }]
        tallies.take(aTally({ edge: `edge-${edge}`, sequence: minute + 1, minutes }), START + minute * MINUTE_MS)
      }
      return token
    },
  }
}

describe('FleetJudge', () => {
  it('suspends what no edge alone would: the 2019 rate, a fifth at each of five edges', () => {
    const { judge, look } = aWorld()
    const actions: (string | undefined)[] = []
    for (let minute = 0; minute < 2; minute++) {
      const token = look('79999_BV', minute, 140, 5, '79999')
      for (const { verdict, edges } of judge.judge([token], START + minute * MINUTE_MS)) {
        actions.push(verdict.action)
        expect(verdict).toMatchObject({ account: token, facility: '79999', rule: 'absolute', requests: 350, sources: [] })
        expect(edges).toBe(5)
        expect(verdict.evidence.en).toContain('Added up over 5 edges.')
        expect(verdict.evidence.vi).toContain('5 điểm biên')
      }
    }
    expect(actions).toEqual(['suspend'])
  })

  it('judges a registered clinic by its size, over all edges', () => {
    const { judge, look } = aWorld({ '79999': 10 })
    let found = 0
    for (let minute = 0; minute < 10 && found === 0; minute++) {
      const token = look('79999_BV', minute, 8, 5, '79999')
      found = judge.judge([token], START + minute * MINUTE_MS).filter(({ verdict }) => verdict.action === 'suspend').length
    }
    expect(found).toBe(1)
  })

  it('leaves the largest honest hospital alone, over five edges', () => {
    const { judge, look } = aWorld({ '01234': 10_000 })
    for (let minute = 0; minute < 12; minute++) {
      const token = look('01234_BV', minute, 50, 5)
      expect(judge.judge([token], START + minute * MINUTE_MS)).toEqual([])
    }
  })

  it('ends an action by itself once the account is calm, and says so', () => {
    const { judge, look } = aWorld()
    const token = look('79999_BV', 0, 140, 5)
    expect(judge.judge([token], START)).toHaveLength(1)
    const untilMs = judge.untilOf(token) ?? 0
    expect(untilMs).toBe(START + 30 * MINUTE_MS)
    expect(judge.judge([], START + 20 * MINUTE_MS)).toEqual([])
    expect(judge.judge([], START + 31 * MINUTE_MS).map(({ verdict }) => verdict.action)).toEqual(['release'])
    expect(judge.untilOf(token)).toBeUndefined()
  })

  it('acts on no more accounts of one province an hour than the cap, and names the rest', () => {
    const policy = { ...DEFAULT_DETECT_POLICY, score: { ...DEFAULT_DETECT_POLICY.score, maxActionsPerProvinceHour: 2 } }
    const { judge, look } = aWorld({}, policy)
    const tokens = ['79001', '79002', '79003'].map((code) => look(`${code}_BV`, 0, 400, 2, code))
    const actions = judge.judge(tokens, START).map(({ verdict }) => verdict.action)
    expect(actions.toSorted()).toEqual(['suspend', 'suspend', 'watch'])
    expect(judge.findings(START)[0]).toContain('province 79')
  })

  it('forgets an action that an officer took back', () => {
    const { judge, look } = aWorld()
    const token = look('79999_BV', 0, 140, 5)
    judge.judge([token], START)
    judge.drop(token)
    expect(judge.untilOf(token)).toBeUndefined()
  })

  it('counts nothing from before a release, and after it only what no honest account makes', () => {
    const { judge, look } = aWorld({ '79999': 10 })
    const at = (minute: number) => START + minute * MINUTE_MS
    for (let minute = 0; minute < 30; minute++) judge.judge([look('79999_BV', minute, 8, 5, '79999')], at(minute))
    const token = tokenOf('79999_BV')
    expect(judge.untilOf(token)).toBeDefined()
    judge.keepReleased(new Map([[token, at(29)]]))
    expect(judge.untilOf(token)).toBeUndefined()
    for (let minute = 30; minute < 90; minute++) {
      judge.keepReleased(new Map([[token, at(29)]]))
      expect(judge.judge([look('79999_BV', minute, 8, 5, '79999')], at(minute))).toEqual([])
    }
    const fresh = judge.judge([look('79999_BV', 90, 200, 5, '79999')], at(90))
    expect(fresh.map(({ verdict }) => [verdict.action, verdict.rule])).toEqual([['suspend', 'absolute']])
    judge.keepReleased(new Map([[token, at(29)]]))
    expect(judge.untilOf(token), 'the same release ends nothing twice').toBeDefined()
    judge.keepReleased(new Map())
    expect(judge.judge([token], at(91)).map(({ verdict }) => verdict.action)).toEqual([])
  })

  it('asks only the rules that sums can answer', () => {
    const policy = fleetPolicy(DEFAULT_DETECT_POLICY)
    expect([policy.burst.mode, policy.walk.mode, policy.step.mode]).toEqual(['off', 'off', 'off'])
    expect([policy.absolute.mode, policy.rate.mode, policy.peers.mode]).toEqual(['enforce', 'enforce', 'enforce'])
  })
})

describe('FleetTallies with a cap', () => {
  it('drops new parts over it, never those it holds, and has room again when minutes close', () => {
    const tallies = new FleetTallies({ maxParts: 2 })
    const minute = START / MINUTE_MS
    const entries = ['a', 'b', 'c'].map((account) => anEntry({ token: tokenOf(account) }))
    tallies.take(aTally({ minutes: [{ minute, entries }] }), START)
    expect([tallies.parts, tallies.dropped]).toEqual([2, 1])
    tallies.take(
      aTally({
        sequence: 2,
        minutes: [{ minute, entries: [anEntry({ token: tokenOf('a'), counts: { ...createCounts(), lookups: 9 } })] }],
      }),
      START,
    )
    expect(tallies.sum(tokenOf('a'), 5, START).counts.lookups).toBe(9)
    tallies.advance(START + 26 * 60 * MINUTE_MS)
    expect(tallies.parts).toBe(0)
  })
})
