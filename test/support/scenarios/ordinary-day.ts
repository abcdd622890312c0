import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import type { ScenarioFacility } from './facilities.ts'
import { visitorOf } from './people.ts'
import { createRandom, type Random } from './random.ts'
import { aRequest } from './request.ts'

const HOUR_MS = 3_600_000
/** Share of a day's visits per hour from midnight: two peaks, a quiet noon, a few emergencies at night. */
const RHYTHM = [3, 2, 2, 2, 3, 8, 40, 120, 150, 140, 110, 60, 30, 70, 100, 80, 50, 20, 10, 8, 6, 5, 4, 3]
const RHYTHM_SUM = RHYTHM.reduce((sum, share) => sum + share, 0)
const TRIPLE = [
  { function: 'KQNhanLichSuKCB2024', class: 'lookup' },
  { function: 'Lskcb2025', class: 'history' },
  { function: 'TraCuuTienMCCT', class: 'lookup' },
] as const

export interface OrdinaryDayOptions {
  readonly seed: number
  readonly facilities: readonly ScenarioFacility[]
  readonly startMs: number
  /** Whether the proxy logs whom a look-up was for. */
  readonly withSubjects: boolean
  /** Look-ups a visit: 1 to 9 unless told. */
  readonly lookupsPerVisit?: readonly [low: number, high: number]
  /** Visits beside those of an ordinary day: `dayFactor`. 1 if not given. */
  readonly factor?: number
}

/**
 * One day of honest traffic, in order of time. Each visit makes its look-ups in rounds of three parallel calls, minutes apart; one
 * in a hundred is answered 401 and repeated; every visit begins with a log-in.
 */
export function* ordinaryDay(options: OrdinaryDayOptions): Generator<AttributedRequest> {
  const random = createRandom(options.seed)
  let waiting: AttributedRequest[] = []
  for (const [hour, share] of RHYTHM.entries()) {
    const fromMs = options.startMs + hour * HOUR_MS
    for (const facility of options.facilities) {
      const visits = random.poisson((facility.dailyVisits * share * (options.factor ?? 1)) / RHYTHM_SUM)
      for (let visit = 0; visit < visits; visit++) pushVisit(waiting, random, options, facility, fromMs + random.next() * HOUR_MS)
    }
    waiting.sort((a, b) => a.atMs - b.atMs)
    const untilMs = fromMs + HOUR_MS
    const later = waiting.findIndex(({ atMs }) => atMs >= untilMs)
    const due = later === -1 ? waiting : waiting.slice(0, later)
    waiting = later === -1 ? [] : waiting.slice(later)
    yield* due
  }
  yield* waiting
}

function pushVisit(
  into: AttributedRequest[],
  random: Random,
  { withSubjects, lookupsPerVisit: [low, high] = [1, 9] }: OrdinaryDayOptions,
  facility: ScenarioFacility,
  visitMs: number,
): void {
  const { account, code, ip } = facility
  const base = { account, facility: code, ip }
  const person = withSubjects ? visitorOf(facility, random) : undefined
  const lookups = random.whole(low, high)
  into.push(aRequest({ ...base, atMs: Math.floor(visitMs), function: 'token/take', class: 'token' }))
  let roundMs = visitMs + 500
  for (let call = 0; call < lookups; call++) {
    const kind = TRIPLE[call % TRIPLE.length] ?? TRIPLE[0]
    if (call > 0 && call % TRIPLE.length === 0) roundMs += random.whole(60_000, 1_200_000)
    const atMs = Math.floor(roundMs + random.next() * 400)
    if (random.next() < 0.01) into.push(aRequest({ ...base, ...kind, atMs, status: 401, ...person }))
    into.push(aRequest({ ...base, ...kind, atMs: atMs + 50, ...person, result: random.next() < 0.033 ? '060' : '000' }))
  }
}
