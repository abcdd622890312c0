import { describe, expect, it } from 'vitest'
import { createDetector } from '../../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY, type DetectPolicy } from '../../../rules/detect/detect-policy.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { dayStartMs } from '../../support/scenarios/request.ts'
import { runScenario, type ScenarioOutcome } from '../../support/scenarios/run-scenario.ts'
import { SCENARIOS } from '../../support/scenarios/scenario-bank.ts'
import { createWorld, type World } from '../../support/scenarios/world.ts'

/** So small that it is played in a moment; `bench/scenarios.ts` plays the same attacks in a larger world. */
const SMALL = { seed: 5, facilities: 60, startMs: dayStartMs('2026-03-03'), days: 2 }

/** Honest traffic of larger facilities takes most of the time and shows nothing more. */
const LARGEST_VISITS = 1_000

const PATIENT = { ...DEFAULT_DETECT_POLICY, absolute: { ...DEFAULT_DETECT_POLICY.absolute, untoldFactor: 6 } }

function* first(requests: Iterable<AttributedRequest>, most: number): Generator<AttributedRequest> {
  let count = 0
  for (const request of requests) {
    if (count++ === most) return
    yield request
  }
}

function playIn(
  world: World,
  honest: readonly AttributedRequest[],
  name: string,
  most: number,
  policy: DetectPolicy = DEFAULT_DETECT_POLICY,
): ScenarioOutcome {
  const scenario = SCENARIOS.find((each) => each.name === name)
  if (scenario === undefined) throw new Error(`no scenario ${name}`)
  const { accounts, requests } = scenario.begin(world, 1)
  const options = { maskAccount: (account: string) => account, registrations: world.registrations }
  return runScenario({
    detectors: Array.from({ length: scenario.edges }, () => createDetector(policy, options)),
    honest,
    attack: first(requests, most),
    attacked: new Set(accounts),
  })
}

describe.each([
  ['told', true],
  ['not told', false],
])('with persons %s', (_, withSubjects) => {
  const world = createWorld({ ...SMALL, withSubjects })
  const largest = new Set(world.list.filter(({ dailyVisits }) => dailyVisits > LARGEST_VISITS).map(({ account }) => account))
  const honest = [...world.traffic()].filter(({ account }) => account === undefined || !largest.has(account))

  const play = (name: string, most: number, policy?: DetectPolicy): ScenarioOutcome => playIn(world, honest, name, most, policy)

  it.each(
    (
      [
        ['steady', 3_000, 350, 350],
        ['steady-hospital', 3_000, 350, 350],
        ['pauses', 3_000, 350, 600],
        ['sources', 3_000, 120, 120],
        ['edges', 5_000, 2_000, 3_000],
        ['in-step', 5_000, 900, 2_000],
        ['walk', 3_000, 400, 800],
        ['clinic', 3_000, 1_600, 2_700],
      ] as const
    ).map(([name, most, told, untold]) => [name, withSubjects ? told : untold, most] as const),
  )('%s is suspended after %i look-ups at most, and nobody else is', (name, leaked, most) => {
    const outcome = play(name, most)
    expect(outcome.verdicts.map(({ action }) => action)).toContain('suspend')
    expect(outcome.leaked).toBeLessThanOrEqual(leaked)
    expect([...outcome.falseSuspensions, ...outcome.falseThrottles]).toEqual([])
  })

  it.each([
    ['month-end', 20_000],
    ['vaccination', 2_000],
    ['poller', 9_000],
    ['monitor', 1_440],
    ['retries', 20_000],
  ])('%s is not suspended, nor anybody else', (name, most) => {
    // Retries for a person that the log does not tell look like a harvest with pauses: the policy says which of the two it bears.
    const outcome = play(name, most, withSubjects || name !== 'retries' ? DEFAULT_DETECT_POLICY : PATIENT)
    expect(outcome.verdicts.filter(({ action }) => action === 'suspend')).toEqual([])
    expect([...outcome.falseSuspensions, ...outcome.falseThrottles]).toEqual([])
  })

  if (!withSubjects)
    it('retries are suspended like a harvest with pauses, which they cannot be told from, unless the policy bears them', () => {
      expect(play('retries', 2_000).verdicts.map(({ action }) => action)).toContain('suspend')
      expect(play('pauses', 5_000, PATIENT).verdicts.map(({ action }) => action)).not.toContain('suspend')
    })
})

describe('with persons told, after ten days', () => {
  const world = createWorld({ ...SMALL, days: 10, withSubjects: true })
  const largest = new Set(world.list.filter(({ dailyVisits }) => dailyVisits > LARGEST_VISITS / 2).map(({ account }) => account))
  const honest = [...world.traffic()].filter(({ account }) => account === undefined || !largest.has(account))

  it('clinic is suspended by what is usual for the account, after 250 look-ups at most', () => {
    const outcome = playIn(world, honest, 'clinic', 1_000)
    expect(outcome.verdicts.map(({ action, rule }) => `${action} ${rule}`)).toContain('suspend rate')
    expect(outcome.leaked).toBeLessThanOrEqual(250)
    expect([...outcome.falseSuspensions, ...outcome.falseThrottles]).toEqual([])
  })

  it('a vaccination day is never slowed down', () => {
    const outcome = playIn(world, honest, 'vaccination', 2_000)
    expect(outcome.verdicts.filter(({ action }) => action === 'throttle' || action === 'suspend')).toEqual([])
  })
})

describe('with persons not told, after three weeks', () => {
  const world = createWorld({ ...SMALL, days: 24, withSubjects: false })
  const largest = new Set(world.list.filter(({ dailyVisits }) => dailyVisits > LARGEST_VISITS).map(({ account }) => account))
  const honest = [...world.traffic()].filter(({ account }) => account === undefined || !largest.has(account))

  it.each([
    ['pauses', 400],
    ['edges', 1_700],
    ['walk', 600],
    ['clinic', 1_800],
  ])('%s is suspended by what is usual for the account, after %i look-ups at most', (name, leaked) => {
    const outcome = playIn(world, honest, name, 5_000)
    expect(outcome.verdicts.map(({ action, rule }) => `${action} ${rule}`)).toContain('suspend rate')
    expect(outcome.leaked).toBeLessThanOrEqual(leaked)
    expect([...outcome.falseSuspensions, ...outcome.falseThrottles]).toEqual([])
  })

  it.each(['vaccination', 'monitor'])('%s is never suspended', (name) => {
    const outcome = playIn(world, honest, name, 2_000)
    expect(outcome.verdicts.filter(({ action }) => action === 'suspend')).toEqual([])
  })
})
