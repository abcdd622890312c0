import { describe, expect, it } from 'vitest'
import { createDetector } from '../../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../../../rules/detect/detect-policy.ts'
import type { Detector, Verdict } from '../../../rules/detect/detector.ts'
import type { Registrations } from '../../../rules/detect/registered-facility.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { makeFacilities, registrationsOf, type ScenarioFacility } from '../../support/scenarios/facilities.ts'
import { ordinaryDay } from '../../support/scenarios/ordinary-day.ts'
import { harvest, healthPoller, nightlyRecheck, retryStorm } from '../../support/scenarios/patterns.ts'
import { aRequest, dayStartMs, mergeByTime } from '../../support/scenarios/request.ts'

const MONDAY = dayStartMs('2026-03-02')
const EIGHT = MONDAY + 8 * 3_600_000
const HOUR_MS = 3_600_000

function aDetector(registrations?: Registrations, maxAccounts?: number): Detector {
  return createDetector(DEFAULT_DETECT_POLICY, {
    maskAccount: (account) => `masked:${account}`,
    ...(registrations === undefined ? {} : { registrations }),
    ...(maxAccounts === undefined ? {} : { maxAccounts }),
  })
}

function verdictsOf(detector: Detector, requests: Iterable<AttributedRequest>): Verdict[] {
  const verdicts: Verdict[] = []
  for (const request of requests) verdicts.push(...detector.observe(request))
  return verdicts
}

function aFacility(dailyVisits: number): ScenarioFacility {
  return { code: '01234', account: '01234_BV', dailyVisits, ip: '14.225.0.7' }
}

describe('the account of 2019', () => {
  it.each<[number | undefined, boolean, string]>([
    [undefined, true, 'a facility nobody registered'],
    [undefined, false, 'a log without persons'],
    [20, true, 'a commune station'],
    [20, false, 'a commune station, a log without persons'],
    [800, false, 'a district hospital'],
  ])('is suspended within 30 seconds and 350 look-ups (visits %s, persons in the log %s): %s', (visits, withSubjects) => {
    for (const offsetMs of [0, 700, 1_300, 2_400, 4_999]) {
      const facility = aFacility(visits ?? 0)
      const detector = aDetector(visits === undefined ? undefined : registrationsOf([facility]))
      let lookups = 0
      let verdict: Verdict | undefined
      for (const request of harvest({ facility, startMs: EIGHT + offsetMs, withSubjects, lookups: 2_000 })) {
        lookups++
        verdict = detector.observe(request).find(({ action }) => action === 'suspend')
        if (verdict !== undefined) break
      }
      expect(verdict?.action).toBe('suspend')
      expect(lookups).toBeLessThanOrEqual(350)
      expect((verdict?.atMs ?? 0) - EIGHT - offsetMs).toBeLessThanOrEqual(30_000)
    }
  })

  it('is suspended within the hour also when the account is a national hospital’s', () => {
    const facility = aFacility(10_000)
    const detector = aDetector(registrationsOf([facility]))
    const [first] = verdictsOf(detector, harvest({ facility, startMs: EIGHT, withSubjects: false, lookups: 45_000 }))
    expect(first?.action).toBe('suspend')
  })

  it('is found among a day of honest traffic, alone', () => {
    const facilities = makeFacilities(11, 100)
    const harvester: ScenarioFacility = { ...aFacility(40), code: '79999', account: '79999_BV' }
    const detector = aDetector(registrationsOf([...facilities, harvester]))
    const day = ordinaryDay({ seed: 12, facilities, startMs: MONDAY, withSubjects: false })
    const stolen = harvest({ facility: harvester, startMs: EIGHT, withSubjects: false, lookups: 20_000 })
    const verdicts = verdictsOf(detector, mergeByTime(day, stolen))
    expect(verdicts.map(({ account, action }) => `${account} ${action}`)).toEqual([
      'masked:79999_BV suspend',
      'masked:79999_BV release',
    ])
  })
})

describe('honest load', () => {
  it.each([
    [true, true, 'registered, persons in the log'],
    [true, false, 'registered, a log without persons'],
    [false, false, 'no registrations, a log without persons'],
  ])(
    'a whole ordinary day of 300 facilities, three of the largest among them, brings no verdict (%s, %s): %s',
    (isRegistered, withSubjects) => {
      const facilities = makeFacilities(5, 300, 3)
      const detector = aDetector(isRegistered ? registrationsOf(facilities) : undefined)
      const day = ordinaryDay({ seed: 6, facilities, startMs: MONDAY, withSubjects })
      expect(verdictsOf(detector, day)).toEqual([])
      expect(detector.size).toBeGreaterThan(280)
    },
  )

  it('the largest honest account, 90,000 calls a day, brings no verdict', () => {
    const facilities = [aFacility(10_000)]
    const day = [...ordinaryDay({ seed: 8, facilities, startMs: MONDAY, withSubjects: false, lookupsPerVisit: [9, 9] })]
    expect(day.filter((request) => request.class !== 'token').length).toBeGreaterThan(88_000)
    expect(verdictsOf(aDetector(), day)).toEqual([])
    expect(verdictsOf(aDetector(registrationsOf(facilities)), day)).toEqual([])
  })

  it.each([
    [3_000, 5, 10_000, true, 'a national hospital'],
    [3_000, 5, 10_000, false, 'a national hospital, a log without persons'],
    [500, 3, 1_000, false, 'a province hospital'],
    [8, 1, 20, false, 'a commune station'],
  ])(
    '%i inpatients checked again within %i minutes at night bring no verdict (%i visits a day): %s',
    (inpatients, minutes, visits, withSubjects) => {
      const facility = aFacility(visits)
      const detector = aDetector(registrationsOf([facility]))
      const startMs = MONDAY + 2 * HOUR_MS
      expect(verdictsOf(detector, nightlyRecheck({ facility, startMs, withSubjects, seed: 3, inpatients, minutes }))).toEqual([])
    },
  )

  it('one person looked up 50,000 times is never harvest where the log tells the person', () => {
    const facility = aFacility(20)
    const detector = aDetector(registrationsOf([facility]))
    const storm = retryStorm({ facility, startMs: EIGHT, withSubjects: true, requests: 50_000, perSecond: 25 })
    expect(verdictsOf(detector, storm)).toEqual([])
    expect(detector.top(1)[0]?.lookups1h).toBeGreaterThan(45_000)
  })

  it('a retry storm on 401 is never harvest, whatever the log tells', () => {
    const facility = aFacility(20)
    const detector = aDetector(registrationsOf([facility]))
    const storm = retryStorm({ facility, startMs: EIGHT, withSubjects: false, requests: 50_000, perSecond: 25, status: 401 })
    expect(verdictsOf(detector, storm)).toEqual([])
  })

  it.each<[boolean, number, readonly string[]]>([
    [true, 1_000, []],
    [false, 10_000, ['watch', 'throttle']],
  ])(
    'a monitor that asks for the same card all day is never suspended (person in the log %s, every %i ms: %j)',
    (withSubjects, everyMs, actions) => {
      const facility = aFacility(20)
      const detector = aDetector(registrationsOf([facility]))
      const poller = healthPoller({ facility, startMs: MONDAY, untilMs: MONDAY + 24 * HOUR_MS, everyMs, withSubjects })
      expect(verdictsOf(detector, poller).map(({ action }) => action)).toEqual(actions)
    },
  )
})

describe('createDetector', () => {
  it('says in both languages what was done, when, and what is allowed', () => {
    const facility = aFacility(120)
    const detector = aDetector(registrationsOf([facility]))
    const [verdict] = verdictsOf(detector, harvest({ facility, startMs: EIGHT, withSubjects: true, lookups: 400 }))
    expect(verdict).toEqual({
      atMs: EIGHT + 27_586,
      account: 'masked:01234_BV',
      facility: '01234',
      rule: 'absolute',
      action: 'suspend',
      requests: 321,
      subjects: 321,
      sources: ['14.225.0.7'],
      evidence: {
        vi: 'Tài khoản đã tra cứu 321 lượt trong 30 giây gần nhất, tính đến 08:00:27 ngày 02/03/2026 (giờ Việt Nam), của 321 người khác nhau; lượt cuối là kiểm tra thẻ BHYT. Mức tối đa đối với cơ sở đăng ký 120 lượt khám mỗi ngày là 320 lượt trong 30 giây. Đồng thời: tra cứu dồn dập bất thường; hầu như mỗi lượt tra cứu là một người khác.',
        en: 'The account made 321 look-ups in the last 30 seconds up to 08:00:27 on 02/03/2026 (Vietnam time), of 321 different persons; the last one was a card check. The most for a facility with 120 registered visits a day is 320 look-ups in 30 seconds. Also: an unusual burst; almost every look-up is of another person.',
      },
      untilMs: EIGHT + 27_586 + 30 * 60_000,
    })
  })

  it('counts three calls for one person once', () => {
    const facility = aFacility(500)
    const detector = aDetector(registrationsOf([facility]))
    const requests = harvest({ facility, startMs: EIGHT, withSubjects: true, lookups: 900, perSecond: 30, repeats: 3 })
    expect(verdictsOf(detector, requests)).toEqual([])
  })

  it('releases an account half an hour after it was calm, by itself or when somebody else’s request tells the time', () => {
    const facility = aFacility(20)
    const detector = aDetector()
    verdictsOf(detector, harvest({ facility, startMs: EIGHT, withSubjects: false, lookups: 400 }))
    const lastHotMs = EIGHT + 34_396
    expect(detector.advance(lastHotMs + 30 * 60_000 - 1)).toEqual([])
    expect(detector.live().map(({ untilMs }) => untilMs)).toEqual([lastHotMs + 30 * 60_000])
    const [release] = detector.observe(aRequest({ atMs: lastHotMs + 31 * 60_000, account: '56789_BV', facility: '56789' }))
    expect(release).toMatchObject({ atMs: lastHotMs + 30 * 60_000, action: 'release', account: 'masked:01234_BV', requests: 0 })
    expect(detector.live()).toEqual([])
  })

  it('keeps an account suspended while it goes on, without saying so twice', () => {
    const facility = aFacility(20)
    const detector = aDetector()
    const verdicts = verdictsOf(detector, harvest({ facility, startMs: EIGHT, withSubjects: false, lookups: 40_000 }))
    expect(verdicts.map(({ action }) => action)).toEqual(['suspend'])
  })

  it('only names the account in observe mode', () => {
    const { absolute, burst } = DEFAULT_DETECT_POLICY
    const mode = 'observe' as const
    const policy = { ...DEFAULT_DETECT_POLICY, absolute: { ...absolute, mode }, burst: { ...burst, mode } }
    const detector = createDetector(policy, { maskAccount: (account) => account })
    const verdicts = verdictsOf(detector, harvest({ facility: aFacility(20), startMs: EIGHT, withSubjects: false, lookups: 400 }))
    expect(verdicts.map(({ action }) => action)).toEqual(['watch'])
  })

  it('finds the harvester behind a flood of invented names larger than its memory', () => {
    const detector = aDetector(undefined, 50)
    let flood = 0
    let action: string | undefined
    for (const request of harvest({ facility: aFacility(20), startMs: EIGHT, withSubjects: false, lookups: 400 })) {
      for (let name = 0; name < 40; name++) detector.observe({ ...request, account: `invented-${flood++}`, status: 401 })
      action ??= detector.observe(request)[0]?.action
    }
    expect(action).toBe('suspend')
    expect(detector.size).toBe(50)
  })

  it('judges an account the same whatever else is in the log', () => {
    const facility = aFacility(20)
    const other: ScenarioFacility = { ...aFacility(20), code: '56789', account: '56789_BV' }
    const requests = [...harvest({ facility, startMs: EIGHT, withSubjects: true, lookups: 500 })]
    const alone = verdictsOf(aDetector(), requests)
    const ahead = harvest({ facility: other, startMs: EIGHT + 300_000, withSubjects: false, lookups: 100, perSecond: 1 })
    const interleaved = [...ahead].flatMap((request, number) => [request, ...requests.slice(number * 5, number * 5 + 5)])
    const among = verdictsOf(aDetector(), interleaved)
    expect(among.map((verdict) => ({ ...verdict, untilMs: 0 }))).toEqual(alone.map((verdict) => ({ ...verdict, untilMs: 0 })))
  })

  it('has no opinion of requests that nobody can be named for', () => {
    const detector = aDetector()
    const nameless = [...harvest({ facility: aFacility(1), startMs: EIGHT, withSubjects: false, lookups: 1_000 })].map(
      (request) => ({
        ...request,
        account: undefined,
      }),
    )
    expect(verdictsOf(detector, nameless)).toEqual([])
    expect(detector.size).toBe(0)
  })

  it('names the busiest accounts of the last hour, masked', () => {
    const detector = aDetector()
    for (const [account, times] of [
      ['00001_BV', 3],
      ['00002_BV', 9],
      ['00003_BV', 6],
    ] as const) {
      for (let time = 0; time < times; time++)
        detector.observe(aRequest({ account, facility: account.slice(0, 5), atMs: EIGHT + time }))
    }
    expect(detector.top(2)).toEqual([
      { account: 'masked:00002_BV', facility: '00002', lookups1m: 9, lookups1h: 9, lookups24h: 9 },
      { account: 'masked:00003_BV', facility: '00003', lookups1m: 6, lookups1h: 6, lookups24h: 6 },
    ])
    detector.advance(EIGHT + 2 * HOUR_MS)
    expect(detector.top(1)).toMatchObject([{ lookups1m: 0, lookups1h: 0 }])
  })
})

describe('answers that hit nobody', () => {
  const facility = aFacility(60)

  /** Every ten seconds for two hours; `result` of each answer. */
  function* asking(personAt: (number: number) => number, result: string): Generator<AttributedRequest> {
    for (const [number, request] of [
      ...healthPoller({ facility, startMs: EIGHT, everyMs: 10_000, untilMs: EIGHT + 2 * HOUR_MS, withSubjects: true }),
    ].entries()) {
      const subject = request.subject?.slice(0, 8).concat(personAt(number).toString(16).padStart(24, '0'))
      yield { ...request, subject, result }
    }
  }

  it.each<[string, (number: number) => number, string, boolean]>([
    ['050', () => 7, 'one card that is not there, asked for by a monitor', false],
    ['050', (number) => number, 'card after card that is not there', true],
    ['070', () => 7, 'one card, and birth date after birth date', true],
  ])('%s again and again: %s', (result, personAt, _what, isGuessing) => {
    const rules = verdictsOf(aDetector(registrationsOf([facility])), asking(personAt, result)).map(({ rule }) => rule)
    expect(rules.includes('misses')).toBe(isGuessing)
  })
})

describe('an account that comes back', () => {
  it.each([
    ['a log-in', { function: 'token/take', class: 'token' } as const],
    ['a submission', { function: 'qd130', class: 'submit' } as const],
  ])('with %s hours after a night re-check is not judged by that re-check', (_what, fields) => {
    const facility = aFacility(10_000)
    const detector = aDetector(registrationsOf([facility]))
    const verdicts: Verdict[] = []
    for (let night = 0; night < 6; night++) {
      const startMs = MONDAY + night * 24 * HOUR_MS
      verdicts.push(
        ...verdictsOf(
          detector,
          nightlyRecheck({ facility, startMs, withSubjects: false, seed: night, inpatients: 2_500, minutes: 5 }),
        ),
      )
      for (const hours of [2, 9, 11]) {
        const back = aRequest({
          account: facility.account,
          facility: facility.code,
          ip: facility.ip,
          atMs: startMs + hours * HOUR_MS,
          ...fields,
        })
        verdicts.push(...detector.observe(back))
      }
    }
    expect(verdicts.map(({ action, rule }) => `${action} ${rule}`)).toEqual([])
  })

  it('with a log-in on Monday is not compared with the Sunday before by what it did on Friday', () => {
    const facility = aFacility(400)
    const detector = aDetector(registrationsOf([facility]))
    const verdicts: Verdict[] = []
    for (let day = 0; day < 22; day++) {
      const dayMs = MONDAY + day * 24 * HOUR_MS
      if (day % 7 > 4) continue
      const visits = harvest({
        facility,
        startMs: dayMs + 7 * HOUR_MS,
        withSubjects: false,
        lookups: 2_000,
        perSecond: 2_000 / (9 * 3600),
      })
      verdicts.push(
        ...detector.observe(
          aRequest({
            account: facility.account,
            facility: facility.code,
            ip: facility.ip,
            atMs: dayMs + 6 * HOUR_MS,
            function: 'token/take',
            class: 'token',
          }),
        ),
      )
      verdicts.push(...verdictsOf(detector, visits))
    }
    expect(verdicts.map(({ action, rule }) => `${action} ${rule}`)).toEqual([])
  })
})
