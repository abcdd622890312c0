import type { DetectPolicy } from '../../../rules/detect/detect-policy.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import {
  clinicDay,
  histories,
  inStep,
  manySources,
  monitor,
  monthEnd,
  poller,
  retries,
  steady,
  walk,
  withPauses,
} from './attacks.ts'
import type { ScenarioFacility } from './facilities.ts'
import { mergeByTime } from './request.ts'
import { campDay, type World } from './world.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** What must come of it. */
export type ScenarioGoal =
  /** Suspended within the time, with no more look-ups leaked. */
  | { readonly kind: 'stopped'; readonly withinMs: number; readonly leaked: number }
  /** Told of within the time, whether stopped or not. */
  | { readonly kind: 'named'; readonly withinMs: number }
  /** Never throttled or suspended. */
  | { readonly kind: 'honest' }
  /** So many of its accounts in a hundred suspended on the same day. */
  | { readonly kind: 'recalled'; readonly percent: number }

export interface Scenario {
  readonly name: string
  readonly what: string
  readonly goal: ScenarioGoal
  readonly edges: number
  /** What differs from the shipped policy. */
  readonly policy?: (policy: DetectPolicy) => DetectPolicy
  /** One-time codes are known at the edge: everybody holds one but who attacks. */
  readonly knowsGrants?: boolean
  /** Accounts that it uses, and its requests in order of time. It begins on the last day of the world. */
  begin(world: World, seed: number): { readonly accounts: readonly string[]; readonly requests: Iterable<AttributedRequest> }
}

export const SCENARIOS: readonly Scenario[] = [
  attackOn('steady', 'as in 2019: 11.6 look-ups a second, one after another', 40, stopped(30_000, 350), steady),
  attackOn('steady-hospital', 'the same with the account of a national hospital', 9_000, stopped(600_000, 7_000), steady),
  attackOn('pauses', 'the same day’s look-ups over 20 hours with pauses, half as fast', 40, stopped(60_000, 350), withPauses),
  { ...attackOn('edges', 'as in 2019, over five edges in turn', 40, stopped(600_000, 2_000), steady), edges: 5 },
  attackOn('sources', 'as in 2019 from 50 addresses', 40, stopped(600_000, 2_000), manySources),
  inStepBy('in-step', 'one operator with 20 accounts in turn, each a look-up every 100 seconds, from one address', 20, 100, 1),
  inStepBy('in-step-fast', 'the same, each every 5 seconds', 20, 5, 1),
  inStepBy('in-step-ten', 'the same with ten accounts, each every 40 seconds', 10, 40, 1),
  inStepBy('in-step-four', 'one operator with 20 accounts, each a look-up every 20 seconds, from four addresses', 20, 20, 4),
  inStepBy('in-step-own', 'the same from the facilities’ own addresses', 20, 20, 0),
  attackOn('clinic', '3,000 persons in a day at a clinic that has 120', 120, stopped(DAY_MS, 1_500), clinicDay, 7),
  {
    name: 'clinics',
    what: 'the same at ten clinics of about that size, each by itself',
    goal: { kind: 'recalled', percent: 95 },
    edges: 1,
    begin(world, seed) {
      const startMs = lastDay(world) + 7 * HOUR_MS
      const facilities = pickFacilities(world, 120, 10, seed)
      const days = facilities.map((facility, number) =>
        clinicDay({ facility, startMs: startMs + number * 1_100, seed: seed * 100 + number, withSubjects: world.withSubjects }),
      )
      return { accounts: facilities.map(({ account }) => account), requests: mergeByTime(...days) }
    },
  },
  attackOn('month-end', '30,000 claims checked again at night by a national hospital', 9_500, { kind: 'honest' }, monthEnd, 1),
  attackOn(
    'vaccination',
    '600 people on one day at a station that has 20',
    20,
    { kind: 'honest' },
    (options) => campDay({ ...options, startMs: options.startMs - 7 * HOUR_MS, people: 600 }),
    7,
  ),
  attackOn('poller', 'a monitor asks for nobody every ten seconds', 20, { kind: 'honest' }, poller, 0),
  attackOn(
    'monitor',
    'a monitor asks for one card every minute, and nobody can tell that it is nobody’s',
    20,
    { kind: 'honest' },
    monitor,
    0,
  ),
  attackOn('retries', 'one person 50,000 times', 20, { kind: 'honest' }, retries),
  attackOn('walk', 'numbers in order, with gaps, shuffled within a thousand', 60, stopped(2 * HOUR_MS, 1_000), walk),
  attackOn(
    'histories',
    'treatment histories, one after another, without OTP',
    60,
    { kind: 'named', withinMs: 2 * HOUR_MS },
    histories,
  ),
  {
    ...attackOn('histories-otp', 'the same where one-time codes are known', 60, { kind: 'named', withinMs: HOUR_MS }, histories),
    knowsGrants: true,
  },
  {
    ...attackOn(
      'shared',
      'a shared account in use after its last day, the rule on',
      60,
      { kind: 'named', withinMs: HOUR_MS },
      (options) => first(histories(options), 30),
    ),
    policy: (policy) => ({ ...policy, shared: { ...policy.shared, mode: 'observe' } }),
  },
]

/** The goal is that of persons told. */
function inStepBy(name: string, what: string, accounts: number, everySeconds: number, addresses: number): Scenario {
  return {
    name,
    what,
    goal: stopped(600_000, 2_000),
    edges: 1,
    begin(world, seed) {
      const facilities = pickFacilities(world, 50, accounts, seed)
      const startMs = lastDay(world) + 9 * HOUR_MS
      const requests = inStep({ facilities, everySeconds, addresses, startMs, seed, withSubjects: world.withSubjects })
      return { accounts: facilities.map(({ account }) => account), requests }
    },
  }
}

function* first(requests: Iterable<AttributedRequest>, most: number): Generator<AttributedRequest> {
  let count = 0
  for (const request of requests) {
    if (count++ === most) return
    yield request
  }
}

function stopped(withinMs: number, leaked: number): ScenarioGoal {
  return { kind: 'stopped', withinMs, leaked }
}

/** On the account of the facility whose size is nearest, from `hour` o'clock of the last day. */
function attackOn(
  name: string,
  what: string,
  dailyVisits: number,
  goal: ScenarioGoal,
  make: (options: {
    facility: ScenarioFacility
    startMs: number
    seed: number
    withSubjects: boolean
  }) => Iterable<AttributedRequest>,
  hour = 9,
): Scenario {
  return {
    name,
    what,
    goal,
    edges: 1,
    begin(world, seed) {
      const facility = pickFacilities(world, dailyVisits, 1, seed)[0] as ScenarioFacility
      const { withSubjects } = world
      const requests = make({ facility, startMs: lastDay(world) + hour * HOUR_MS, seed, withSubjects })
      return { accounts: [facility.account], requests }
    },
  }
}

function lastDay({ startMs, days }: World): number {
  return startMs + (days - 1) * DAY_MS
}

/** The `count` facilities whose sizes are nearest to `dailyVisits`; another seed takes others of about that size. */
function pickFacilities({ list }: World, dailyVisits: number, count: number, seed: number): ScenarioFacility[] {
  const distance = (facility: ScenarioFacility) => Math.abs(Math.log(facility.dailyVisits / dailyVisits))
  const nearest = list.toSorted((a, b) => distance(a) - distance(b))
  const first = nearest.findLastIndex((facility) => distance(facility) < 0.1) >= count * 2 ? (seed % 3) * count : 0
  return nearest.slice(first, first + count)
}
