import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import type { ScenarioFacility } from './facilities.ts'
import { createRandom } from './random.ts'
import { aRequest, subjectOf } from './request.ts'

interface PatternOptions {
  readonly facility: ScenarioFacility
  readonly startMs: number
  /** Whether the proxy logs whom a look-up was for. */
  readonly withSubjects: boolean
}

/** The account of 2019: 11.6 look-ups a second, evenly, each of another person (5715/BYT-BH). */
export function* harvest(
  options: PatternOptions & { lookups: number; perSecond?: number; repeats?: number },
): Generator<AttributedRequest> {
  const { facility, startMs, withSubjects, lookups, perSecond = 11.6, repeats = 1 } = options
  for (let call = 0; call < lookups; call++) {
    yield ofFacility(
      facility,
      startMs + (call * 1000) / perSecond,
      withSubjects ? 1_000_000 + Math.floor(call / repeats) : undefined,
    )
  }
}

/** One person, again and again, because the client never believes the answer. */
export function* retryStorm(
  options: PatternOptions & { requests: number; perSecond: number; status?: number },
): Generator<AttributedRequest> {
  const { facility, startMs, withSubjects, requests, perSecond, status = 200 } = options
  for (let call = 0; call < requests; call++) {
    yield { ...ofFacility(facility, startMs + (call * 1000) / perSecond, withSubjects ? 7 : undefined), status }
  }
}

/** All inpatients of a hospital checked in one go at night, three calls each. */
export function* nightlyRecheck(
  options: PatternOptions & { seed: number; inpatients: number; minutes: number },
): Generator<AttributedRequest> {
  const { facility, startMs, withSubjects, seed, inpatients, minutes } = options
  const random = createRandom(seed)
  const everyMs = (minutes * 60_000) / inpatients
  for (let patient = 0; patient < inpatients; patient++) {
    const atMs = startMs + patient * everyMs
    const jitter = [0, 1, 2].map(() => random.next() * Math.min(everyMs, 400)).sort((a, b) => a - b)
    for (const delayMs of jitter) yield ofFacility(facility, atMs + delayMs, withSubjects ? 2_000_000 + patient : undefined)
  }
}

/** A monitor that asks for the card `0000000000` to see whether the portal answers. */
export function* healthPoller(options: PatternOptions & { everyMs: number; untilMs: number }): Generator<AttributedRequest> {
  const { facility, startMs, withSubjects, everyMs, untilMs } = options
  for (let atMs = startMs; atMs < untilMs; atMs += everyMs) yield ofFacility(facility, atMs, withSubjects ? 0 : undefined)
}

function ofFacility({ account, code, ip }: ScenarioFacility, atMs: number, person: number | undefined): AttributedRequest {
  const subject = person === undefined ? undefined : subjectOf(code, person)
  return aRequest({ account, facility: code, ip, atMs: Math.floor(atMs), subject })
}
