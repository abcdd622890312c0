import { createDetector } from '../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY, type DetectPolicy } from '../rules/detect/detect-policy.ts'
import type { Detector } from '../rules/detect/detector.ts'
import type { Grants } from '../rules/detect/detector-options.ts'
import type { AttributedRequest } from '../rules/requests/attributed-request.ts'
import { dayStartMs } from '../test/support/scenarios/request.ts'
import { runScenario, type ScenarioOutcome } from '../test/support/scenarios/run-scenario.ts'
import type { Scenario } from '../test/support/scenarios/scenario-bank.ts'
import { createWorld, type World } from '../test/support/scenarios/world.ts'

/** A Monday; the third, tenth and twenty-fourth days after it are Wednesdays. */
const START = dayStartMs('2026-03-02')
const FACILITIES = 300
/** Attacks on histories begin at nine o'clock. */
const GRANTED_MS = 9 * 3_600_000

/** A world whose days before the last were lived once, with as many edges as asked. */
export interface LivedWorld {
  readonly world: World
  /** The honest requests of its last day. */
  readonly lastDay: readonly AttributedRequest[]
  /** What each edge remembers of the days before, by how many edges there are. */
  readonly states: ReadonlyMap<number, readonly Uint8Array[]>
}

/** What became of a play, as it is kept. */
export interface Play {
  readonly caught: number
  readonly attacked: number
  readonly leaked: number
  readonly msToAction: number | null
  readonly msToWord: number | null
  readonly suspensions: number
  readonly throttles: number
  readonly falseSuspensions: readonly string[]
  readonly falseThrottles: readonly string[]
  /** What was said of the attacked accounts, each once: `suspend absolute`. */
  readonly words: readonly string[]
}

/** Lives a world with each number of edges, and stops before the last of each of these many days. */
export function* liveWorlds(
  options: { readonly seed: number; readonly isTold: boolean },
  days: readonly number[],
  edges: readonly number[],
): Generator<LivedWorld> {
  const worldOf = (count: number) =>
    createWorld({ seed: options.seed, facilities: FACILITIES, startMs: START, days: count, withSubjects: options.isTold })
  const { registrations } = worldOf(1)
  const bank = edges.map((count) => Array.from({ length: count }, () => newDetector(registrations, DEFAULT_DETECT_POLICY)))
  let lived = 0
  for (const count of days.toSorted((a, b) => a - b)) {
    const world = worldOf(count)
    let requests = 0
    for (const request of world.traffic(lived, count - 1)) {
      for (const detectors of bank) detectors[requests % detectors.length]?.observe(request)
      requests++
    }
    lived = count - 1
    const states = bank.map((detectors, number) => [edges[number] ?? 1, detectors.map(stateOf)] as const)
    yield { world, lastDay: [...world.traffic(lived, count)], states: new Map(states) }
  }
}

/** Plays one scenario on the last day. */
export function playOn({ world, lastDay, states }: LivedWorld, scenario: Scenario, seed: number): Play {
  const { accounts, requests } = scenario.begin(world, seed)
  const policy = scenario.policy?.(DEFAULT_DETECT_POLICY) ?? DEFAULT_DETECT_POLICY
  const from = lastDay[0]?.atMs ?? 0
  const hasGrant = (account: string, atMs: number) => !accounts.includes(account) || atMs < from + GRANTED_MS
  const grants = scenario.knowsGrants === true ? { hasGrant } : undefined
  const detectors = (states.get(scenario.edges) ?? []).map((state) => {
    const detector = newDetector(world.registrations, policy, grants)
    detector.restore(state)
    return detector
  })
  return keptOf(runScenario({ detectors, honest: lastDay, attack: requests, attacked: new Set(accounts) }))
}

function newDetector(registrations: World['registrations'], policy: DetectPolicy, grants?: Grants): Detector {
  const known = grants === undefined ? {} : { grants }
  return createDetector(policy, { maskAccount: (account) => account, registrations, ...known })
}

function stateOf(detector: Detector): Uint8Array {
  return Buffer.concat([...detector.snapshot()])
}

function keptOf({ verdicts, falseSuspensions, falseThrottles, ...outcome }: ScenarioOutcome): Play {
  return {
    caught: outcome.caught,
    attacked: outcome.attacked,
    leaked: outcome.leaked,
    msToAction: outcome.msToAction ?? null,
    msToWord: outcome.msToWord ?? null,
    suspensions: verdicts.filter(({ action }) => action === 'suspend').length,
    throttles: verdicts.filter(({ action }) => action === 'throttle').length,
    falseSuspensions: falseSuspensions.map(({ account, rule }) => `${account} ${rule}`),
    falseThrottles: falseThrottles.map(({ account, rule }) => `${account} ${rule}`),
    words: [...new Set(verdicts.filter(({ action }) => action !== 'release').map(({ rule, action }) => `${action} ${rule}`))],
  }
}
