import { createDetector } from '../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../rules/detect/detect-policy.ts'
import type { Detector } from '../rules/detect/detector.ts'
import { runScenario, type ScenarioOutcome } from '../test/support/scenarios/run-scenario.ts'
import { SCENARIOS, type Scenario } from '../test/support/scenarios/scenario-bank.ts'
import { createWorld, WORLD, type World } from '../test/support/scenarios/world.ts'
import type { BenchResult } from './bench-result.ts'

/** Attacks are tried on so many accounts each. */
const SEEDS = [1, 2, 3]
const COUNTRY = { ...WORLD, seed: 2024, facilities: 13_000, days: 8 }

/** How much each attack gets before it is stopped, and how often the honest are stopped in its place; beside the goals. */
export async function benchScenarios(): Promise<readonly BenchResult[]> {
  const world = createWorld()
  const results = SCENARIOS.flatMap((scenario) => measure(scenario, world))
  return [...results, ...measureHonest(createWorld(COUNTRY))]
}

function measure(scenario: Scenario, world: World): BenchResult[] {
  const outcomes = SEEDS.map((seed) => {
    const outcome = playScenario(scenario, world, seed)
    process.stderr.write(`${scenario.name}, ${seed}: ${sayOutcome(outcome)}\n`)
    return outcome
  })
  const { goal } = scenario
  const worst = (of: (outcome: ScenarioOutcome) => number) => Math.max(...outcomes.map(of))
  const result = (what: string, ours: number, limit: number, unit: string): BenchResult => ({
    bench: 'scenarios',
    case: `${scenario.name}: ${what}`,
    ours,
    limit,
    ratio: ours / limit,
    unit,
  })
  const missed = worst(({ attacked, caught }) => attacked - caught)
  const falsely = result(
    'honest accounts suspended',
    worst(({ falseSuspensions }) => falseSuspensions.length),
    1,
    'accounts',
  )
  if (goal.kind === 'honest')
    return [
      result(
        'suspended',
        worst(({ verdicts }) => verdicts.filter(({ action }) => action === 'suspend').length),
        1,
        'times',
      ),
    ]
  if (goal.kind === 'named')
    return [
      result(
        'time to be named',
        worst(({ msToWord }) => msToWord ?? Number.MAX_SAFE_INTEGER),
        goal.withinMs,
        'ms',
      ),
    ]
  return [
    result(
      'look-ups leaked',
      worst(({ leaked }) => leaked),
      goal.leaked,
      'look-ups',
    ),
    result(
      'time to action',
      worst(({ msToAction }) => msToAction ?? Number.MAX_SAFE_INTEGER),
      goal.withinMs,
      'ms',
    ),
    result('accounts missed', missed, 1, 'accounts'),
    falsely,
  ]
}

function measureHonest(world: World): BenchResult[] {
  const outcome = runScenario({
    detectors: [detectorFor(world)],
    honest: world.traffic(),
    attack: [],
    attacked: new Set(),
    onProgress: (requests, atMs) => process.stderr.write(`${new Date(atMs).toISOString()}: ${requests / 1e6} million requests\n`),
  })
  process.stderr.write(`honest: ${sayOutcome(outcome)}\n`)
  const per100k = (count: number) => (count * 100_000) / (world.list.length * world.days)
  const row = (what: string, count: number, limit: number): BenchResult => ({
    bench: 'scenarios',
    case: `honest country: ${what} in 100,000 account-days`,
    ours: per100k(count),
    limit,
    ratio: per100k(count) / limit,
    unit: 'accounts',
  })
  return [row('suspended', outcome.falseSuspensions.length, 1), row('throttled', outcome.falseThrottles.length, 10)]
}

/** Plays one scenario on the last day of a world. */
export function playScenario(scenario: Scenario, world: World, seed: number): ScenarioOutcome {
  const { accounts, requests } = scenario.begin(world, seed)
  return runScenario({
    detectors: Array.from({ length: scenario.edges }, () => detectorFor(world)),
    honest: world.traffic(),
    attack: requests,
    attacked: new Set(accounts),
  })
}

function detectorFor({ registrations }: World): Detector {
  return createDetector(DEFAULT_DETECT_POLICY, { maskAccount: (account) => account, registrations })
}

function sayOutcome({
  caught,
  attacked,
  leaked,
  msToAction,
  falseSuspensions,
  falseThrottles,
  verdicts,
}: ScenarioOutcome): string {
  const rules = [...new Set(verdicts.map(({ rule, action }) => `${action} by ${rule}`))].slice(0, 6).join(', ')
  const wrong = falseSuspensions.slice(0, 5).map(({ account, rule }) => `${account} ${rule}`)
  const seconds = msToAction === undefined ? 'never' : `after ${Math.round(msToAction / 1000)} s`
  return `${caught} of ${attacked} suspended ${seconds}, ${leaked} leaked (${rules}); honest: ${falseSuspensions.length} suspended [${wrong.join('; ')}], ${falseThrottles.length} throttled`
}
