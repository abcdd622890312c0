import type { Registrations } from '../../../rules/detect/registered-facility.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { dayFactor, daysFrom } from './calendar.ts'
import { makeFacilities, registrationsOf, type ScenarioFacility } from './facilities.ts'
import { ordinaryDay } from './ordinary-day.ts'
import { nightlyRecheck } from './patterns.ts'
import { visitorOf } from './people.ts'
import { createRandom } from './random.ts'
import { aRequest, dayStartMs, mergeByTime } from './request.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** From this size on a facility has beds, whose patients are checked again each night. */
const HOSPITAL_VISITS = 500
const INPATIENTS_PER_VISIT = 0.25
/** Of the small facilities, one in so many has a vaccination or health-check day on a given day. */
const CAMP_EVERY = 400
const CAMP_SIZES = [3, 150] as const

export interface WorldOptions {
  readonly seed: number
  readonly facilities: number
  readonly startMs: number
  readonly days: number
  readonly withSubjects: boolean
}

/** A country in small: facilities, what is registered of them, and the honest traffic of some days. */
export interface World extends WorldOptions {
  readonly list: readonly ScenarioFacility[]
  readonly registrations: Registrations
  /** Of all days, or of those from `fromDay` (0 is the first) to before `toDay`; in order of time. Made as it is read. */
  traffic(fromDay?: number, toDay?: number): Generator<AttributedRequest>
}

export const WORLD: WorldOptions = {
  seed: 20_190_927,
  facilities: 300,
  startMs: dayStartMs('2026-03-02'),
  days: 10,
  withSubjects: true,
}

/** What honest days bring beside visits is in it: weekends, nightly re-checks, vaccination days, Tết if the days hold it. */
export function createWorld(options: WorldOptions = WORLD): World {
  const list = makeFacilities(options.seed, options.facilities, Math.ceil(options.facilities / 1000))
  return {
    ...options,
    list,
    registrations: registrationsOf(list),
    traffic: (fromDay, toDay) => honestDays(options, list, fromDay, toDay),
  }
}

function* honestDays(
  options: WorldOptions,
  facilities: readonly ScenarioFacility[],
  fromDay = 0,
  toDay = options.days,
): Generator<AttributedRequest> {
  for (const [day, startMs] of daysFrom(options.startMs, options.days).entries()) {
    if (day < fromDay || day >= toDay) continue
    const seed = options.seed + 1000 * (day + 1)
    const { withSubjects } = options
    const whole = mergeByTime(
      ordinaryDay({ seed, facilities, startMs, withSubjects, factor: dayFactor(startMs) }),
      nights(seed + 1, facilities, startMs, withSubjects),
      camps(seed + 2, facilities, startMs, withSubjects),
    )
    yield* before(startMs + DAY_MS, whole)
  }
}

/** Who came shortly before midnight is not looked up again after it: the next day begins there, and no clock of the country is set back each night. */
function* before(endMs: number, requests: Iterable<AttributedRequest>): Generator<AttributedRequest> {
  for (const request of requests) {
    if (request.atMs >= endMs) return
    yield request
  }
}

/** Every hospital checks all its inpatients again, each at an hour of its own. */
function* nights(
  seed: number,
  facilities: readonly ScenarioFacility[],
  startMs: number,
  withSubjects: boolean,
): Generator<AttributedRequest> {
  const checks = facilities
    .filter(({ dailyVisits }) => dailyVisits >= HOSPITAL_VISITS)
    .map((facility) => ({ facility, atMs: startMs + (Number(facility.code) % 240) * 60_000 }))
    .toSorted((a, b) => a.atMs - b.atMs)
  yield* mergeByTime(
    ...checks.map(({ facility, atMs }) => {
      const inpatients = Math.round(facility.dailyVisits * INPATIENTS_PER_VISIT)
      return nightlyRecheck({
        facility,
        startMs: atMs,
        withSubjects,
        seed: seed + Number(facility.code),
        inpatients,
        minutes: Math.max(3, inpatients / 500),
      })
    }),
  )
}

/** Here and there a small facility vaccinates or examines hundreds between 7 and 16 o'clock. */
function* camps(
  seed: number,
  facilities: readonly ScenarioFacility[],
  startMs: number,
  withSubjects: boolean,
): Generator<AttributedRequest> {
  const random = createRandom(seed)
  const small = facilities.filter(({ dailyVisits }) => dailyVisits >= CAMP_SIZES[0] && dailyVisits <= CAMP_SIZES[1])
  const chosen = small.filter(() => random.next() < 1 / CAMP_EVERY)
  yield* mergeByTime(
    ...chosen.map((facility, number) =>
      campDay({ facility, startMs, withSubjects, seed: seed + number, people: random.whole(150, 600) }),
    ),
  )
}

export interface CampOptions {
  readonly facility: ScenarioFacility
  readonly startMs: number
  readonly withSubjects: boolean
  readonly seed: number
  readonly people: number
}

/** Each person is looked up when registered, and most again by the doctor. */
export function* campDay({ facility, startMs, withSubjects, seed, people }: CampOptions): Generator<AttributedRequest> {
  const random = createRandom(seed)
  const { account, code, ip } = facility
  const requests: AttributedRequest[] = []
  for (let number = 0; number < people; number++) {
    const atMs = Math.floor(startMs + 7 * HOUR_MS + (number / people) * 9 * HOUR_MS)
    const person = withSubjects ? visitorOf(facility, random) : undefined
    for (const delayMs of [0, ...(random.next() < 0.7 ? [random.whole(300_000, 2_400_000)] : [])])
      requests.push(aRequest({ account, facility: code, ip, atMs: atMs + delayMs, ...person, result: '000' }))
  }
  yield* requests.sort((a, b) => a.atMs - b.atMs)
}
