import { describe, expect, it } from 'vitest'
import { createDetector } from '../../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../../../rules/detect/detect-policy.ts'
import type { Detector, Verdict } from '../../../rules/detect/detector.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { registrationsOf, type ScenarioFacility } from '../../support/scenarios/facilities.ts'
import { harvest } from '../../support/scenarios/patterns.ts'
import { aRequest, dayStartMs, subjectOf } from '../../support/scenarios/request.ts'

const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const CLINIC: ScenarioFacility = { code: '01234', account: '01234_BV', dailyVisits: 40, ip: '14.225.0.7' }
const { account, code: facility, ip } = CLINIC

function aDetector(): Detector {
  return createDetector(DEFAULT_DETECT_POLICY, {
    maskAccount: (name) => `masked:${name}`,
    registrations: registrationsOf([CLINIC]),
  })
}

function verdictsOf(detector: Detector, requests: Iterable<AttributedRequest>): Verdict[] {
  return Array.from(requests).flatMap((request) => detector.observe(request))
}

/** Suspended half a minute after eight. */
function suspended(withSubjects: boolean): Detector {
  const detector = aDetector()
  const verdicts = verdictsOf(detector, harvest({ facility: CLINIC, startMs: EIGHT, withSubjects, lookups: 322 }))
  expect(verdicts.at(-1)?.action).toBe('suspend')
  return detector
}

/** Refused look-ups, from a minute after eight on. */
function knocks(
  hours: number,
  everyMs: number,
  person: ((number: number) => number) | undefined,
  from = ip,
): AttributedRequest[] {
  return Array.from({ length: Math.floor((hours * HOUR_MS) / everyMs) }, (_, number) =>
    aRequest({
      account,
      facility,
      ip: from,
      atMs: EIGHT + MINUTE_MS + number * everyMs,
      status: 403,
      subject: person && subjectOf(facility, person(number)),
    }),
  )
}

describe('a suspended account that asks on, refused', () => {
  it.each<[string, boolean, number, ((number: number) => number) | undefined, string, boolean]>([
    ['a system that asks for the same card every second', true, 1_000, () => 7, ip, true],
    ['a system that asks for thirty cards in turn every ten seconds', true, 10_000, (number) => number % 30, ip, true],
    ['staff who try another patient every two minutes', true, 120_000, (number) => number, ip, true],
    ['a harvest of three persons a minute', true, 20_000, (number) => number, ip, false],
    ['a slower one from an address that is not the facility’s', true, 100_000, (number) => number, '113.170.4.9', false],
    ['a system that asks every ten seconds, nobody told', false, 10_000, undefined, ip, true],
    ['a harvest of a look-up every four seconds, nobody told', false, 4_000, undefined, ip, false],
  ])('%s: comes free after the first hold', (_who, isTold, everyMs, person, from, comesFree) => {
    const detector = suspended(isTold)
    const released = verdictsOf(detector, knocks(2, everyMs, person, from)).filter(({ action }) => action === 'release')
    expect(released.length > 0).toBe(comesFree)
    if (comesFree && isTold) expect(released[0]?.atMs ?? 0).toBeLessThan(EIGHT + 45 * MINUTE_MS)
  })

  it('remembers nobody whom it only asked for: they count in full when it is answered', () => {
    const detector = suspended(true)
    verdictsOf(
      detector,
      knocks(0.2, 1_000, (number) => 5_000 + number),
    )
    expect(detector.pardon('masked:01234_BV')?.action).toBe('release')
    const again = Array.from({ length: 330 }, (_, number) =>
      aRequest({ account, facility, ip, atMs: EIGHT + HOUR_MS + number * 80, subject: subjectOf(facility, 5_000 + number) }),
    )
    expect(verdictsOf(detector, again).map(({ action }) => action)).toContain('suspend')
  })
})

describe('pardon', () => {
  /** A day's harvest in an hour: far over the 24 hours' limit of `peers`. */
  function overTheDay(): Detector {
    const detector = aDetector()
    const slow = { facility: CLINIC, startMs: EIGHT, withSubjects: true, lookups: 2_500, perSecond: 0.8 }
    expect(verdictsOf(detector, harvest(slow)).map(({ action }) => action)).toContain('suspend')
    return detector
  }

  it('ends what is on, and what was counted before does not act again, nor after a restart', () => {
    const detector = overTheDay()
    expect(detector.pardon('masked:01234_BV')).toMatchObject({
      action: 'release',
      account: 'masked:01234_BV',
      untilMs: undefined,
    })
    expect(detector.live()).toEqual([])
    const again = aDetector()
    again.restore(Buffer.concat([...detector.snapshot()]))
    const patients = Array.from({ length: 120 }, (_, number) =>
      aRequest({
        account,
        facility,
        ip,
        atMs: EIGHT + HOUR_MS + number * 30_000,
        subject: subjectOf(facility, 9_000 + (number >> 2)),
      }),
    )
    for (const each of [detector, again]) expect(verdictsOf(each, patients)).toEqual([])
  })

  it('stops a fresh harvest in seconds all the same, and begins with the shortest hold', () => {
    const detector = overTheDay()
    detector.pardon('masked:01234_BV')
    const startMs = EIGHT + 2 * HOUR_MS
    const made = [...harvest({ facility: CLINIC, startMs, withSubjects: true, lookups: 350 })]
    const fresh = verdictsOf(detector, made.map(asOther))
    const suspension = fresh.find(({ action }) => action === 'suspend')
    expect((suspension?.atMs ?? Number.POSITIVE_INFINITY) - startMs).toBeLessThan(30_000)
    expect((suspension?.untilMs ?? 0) - (suspension?.atMs ?? 0)).toBeLessThanOrEqual(30 * MINUTE_MS)
  })

  it('takes the portal’s own name too, and knows nothing of an account that is not held', () => {
    const detector = overTheDay()
    expect(detector.pardon('01234_BV')?.action).toBe('release')
    expect(detector.pardon('99999_BV')).toBeUndefined()
  })
})

/** Persons that the account has not seen. */
function asOther(request: AttributedRequest, number: number): AttributedRequest {
  return { ...request, subject: subjectOf('99999', 70_000 + number) }
}
