import { join } from 'node:path'
import { SCENARIOS, type Scenario } from '../test/support/scenarios/scenario-bank.ts'
import type { BenchResult } from './bench-result.ts'
import { codeName, KEPT_FOLDER, openKeptPlays } from './kept-plays.ts'
import { liveWorlds, type Play, playOn } from './scenario-plays.ts'

/** Each lives in a world of its own. */
const SEEDS = [1, 2, 3]
/** The attack is on the last of so many days: accounts nobody knows, that are known for a week, for three weeks. */
const DAYS = [3, 10, 24]

interface Case {
  readonly isTold: boolean
  readonly days: number
  readonly scenario: Scenario
}

/**
 * How much each attack gets before it is stopped, and how often the honest are stopped in its place; beside the goals. Each play is kept under the code
 * that was played (`.bench/`), so that an interrupted run goes on where it was.
 */
export async function benchScenarios(): Promise<readonly BenchResult[]> {
  const kept = openKeptPlays<Play>(join(KEPT_FOLDER, 'scenarios.jsonl'), codeName())
  const total = 2 * DAYS.length * SEEDS.length * SCENARIOS.length
  let done = 0
  for (const isTold of [true, false])
    for (const seed of SEEDS) {
      const missing = (days: number) =>
        SCENARIOS.filter((scenario) => kept.find(keyOf({ isTold, days, scenario }, seed)) === undefined)
      const open = DAYS.filter((days) => missing(days).length > 0)
      const edges = [...new Set(open.flatMap(missing).map((scenario) => scenario.edges))]
      done += DAYS.reduce((sum, days) => sum + SCENARIOS.length - missing(days).length, 0)
      for (const lived of liveWorlds({ seed, isTold }, open, edges)) {
        const { days } = lived.world
        for (const scenario of missing(days)) {
          const key = keyOf({ isTold, days, scenario }, seed)
          const play = playOn(lived, scenario, seed)
          kept.keep(key, play)
          process.stderr.write(`${++done} of ${total}: ${key}: ${sayPlay(play)}\n`)
        }
      }
    }
  const cases = [true, false].flatMap((isTold) =>
    DAYS.flatMap((days) => SCENARIOS.map((scenario) => ({ isTold, days, scenario }))),
  )
  return cases.flatMap((each) =>
    rowsOf(
      each,
      SEEDS.map((seed) => kept.find(keyOf(each, seed)) as Play),
    ),
  )
}

function keyOf({ isTold, days, scenario }: Case, seed: number): string {
  return `persons ${isTold ? 'told' : 'not told'}, day ${days}, ${scenario.name}, seed ${seed}`
}

/** The worst of the seeds beside the goal. */
function rowsOf({ isTold, days, scenario }: Case, plays: readonly Play[]): BenchResult[] {
  const { goal } = scenario
  const worst = (of: (play: Play) => number) => Math.max(...plays.map(of))
  const row = (what: string, ours: number, limit: number, unit: string): BenchResult => ({
    bench: 'scenarios',
    case: `${scenario.name}, persons ${isTold ? 'told' : 'not told'}, day ${days}: ${what}`,
    ours,
    limit,
    ratio: ours / limit,
    unit,
  })
  const others = [
    row(
      'others suspended',
      worst(({ falseSuspensions }) => falseSuspensions.length),
      1,
      'accounts',
    ),
    row(
      'others throttled',
      worst(({ falseThrottles }) => falseThrottles.length),
      1,
      'accounts',
    ),
  ]
  const never = Number.MAX_SAFE_INTEGER
  switch (goal.kind) {
    case 'honest':
      return [
        row(
          'suspended',
          worst(({ suspensions }) => suspensions),
          1,
          'times',
        ),
        row(
          'throttled',
          worst(({ throttles }) => throttles),
          1,
          'times',
        ),
        ...others,
      ]
    case 'named':
      return [
        row(
          'time to be named',
          worst(({ msToWord }) => msToWord ?? never),
          goal.withinMs,
          'ms',
        ),
        ...others,
      ]
    case 'recalled': {
      const sum = (of: (play: Play) => number) => plays.reduce((total, play) => total + of(play), 0)
      const recall = (100 * sum(({ caught }) => caught)) / sum(({ attacked }) => attacked)
      return [row(`suspended of ${sum(({ attacked }) => attacked)}`, recall, goal.percent, 'percent'), ...others]
    }
    case 'stopped':
      return [
        row(
          'look-ups leaked',
          worst(({ leaked }) => leaked),
          goal.leaked,
          'look-ups',
        ),
        row(
          'time to action',
          worst(({ msToAction }) => msToAction ?? never),
          goal.withinMs,
          'ms',
        ),
        row(
          'accounts missed',
          worst(({ attacked, caught }) => attacked - caught),
          1,
          'accounts',
        ),
        ...others,
      ]
  }
}

function sayPlay({ caught, attacked, leaked, msToAction, falseSuspensions, falseThrottles, words }: Play): string {
  const when = msToAction === null ? 'never' : `after ${Math.round(msToAction / 1000)} s`
  const wrong = [...falseSuspensions, ...falseThrottles].slice(0, 5).join('; ')
  return `${caught} of ${attacked} suspended ${when}, ${leaked} leaked (${words.slice(0, 6).join(', ')}); others: ${falseSuspensions.length} suspended, ${falseThrottles.length} throttled ${wrong}`.trimEnd()
}
