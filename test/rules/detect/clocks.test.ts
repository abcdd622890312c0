import { describe, expect, it } from 'vitest'
import { createDetector } from '../../../rules/detect/create-detector.ts'
import { DEFAULT_DETECT_POLICY } from '../../../rules/detect/detect-policy.ts'
import type { Detector, Verdict } from '../../../rules/detect/detector.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { makeFacilities, registrationsOf, type ScenarioFacility } from '../../support/scenarios/facilities.ts'
import { ordinaryDay } from '../../support/scenarios/ordinary-day.ts'
import { harvest } from '../../support/scenarios/patterns.ts'
import { aRequest, mergeByTime, subjectOf } from '../../support/scenarios/request.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MONDAY_NINE = Date.parse('2026-03-02T09:00:00+07:00')
const THIEF: ScenarioFacility = { code: '79999', account: '79999_BV', dailyVisits: 40, ip: '14.225.9.9' }

const CLINICS = makeFacilities(9, 60)

/** Every line as the clock of its host wrote it. */
type Clock = (atMs: number, number: number) => number

const RIGHT: Clock = (atMs) => atMs

function aDetector(): Detector {
  const registrations = registrationsOf([...CLINICS, THIEF])
  return createDetector(DEFAULT_DETECT_POLICY, { maskAccount: (account) => account, registrations })
}

function judge(requests: Iterable<AttributedRequest>, clock: Clock = RIGHT): Verdict[] {
  const detector = aDetector()
  let number = 0
  const verdicts: Verdict[] = []
  for (const request of requests) {
    verdicts.push(...detector.observe({ ...request, atMs: clock(request.atMs, number) }))
    number += 1
  }
  return verdicts
}

/** Some hours of an ordinary morning. */
function honest(startMs: number, hours: number): AttributedRequest[] {
  const day = ordinaryDay({ seed: 5, facilities: CLINICS, startMs: startMs - 9 * HOUR, withSubjects: true })
  return [...day].filter(({ atMs }) => atMs >= startMs && atMs < startMs + hours * HOUR)
}

function stolen(startMs: number, lookups = 2_000): Iterable<AttributedRequest> {
  return harvest({ facility: THIEF, startMs, withSubjects: true, lookups })
}

/** Look-ups of the thief until it was suspended first. */
function leakedUntil(requests: Iterable<AttributedRequest>, clock: Clock): number | undefined {
  const detector = aDetector()
  let number = 0
  let leaked = 0
  for (const request of requests) {
    if (request.account === THIEF.account) leaked += 1
    const verdicts = detector.observe({ ...request, atMs: clock(request.atMs, number) })
    if (verdicts.some(({ account, action }) => account === THIEF.account && action === 'suspend')) return leaked
    number += 1
  }
  return undefined
}

/** The clock of the hosts is wrong by so much from a time on. */
function setAt(whenMs: number, byMs: number): Clock {
  return (atMs) => (atMs < whenMs ? atMs : atMs + byMs)
}

describe('a harvest over the border of a day', () => {
  const plain = judge(stolen(MONDAY_NINE)).map(({ atMs, action, requests }) => [atMs - MONDAY_NINE, action, requests])

  it('is stopped after 350 look-ups at most on a common morning', () => {
    expect(plain.map(([, action]) => action)).toEqual(['throttle', 'suspend'])
    expect(plain.at(-1)?.[2]).toBeLessThanOrEqual(350)
  })

  it.each([
    ['2026-12-31T23:59:50+07:00', 'New Year in the portal’s zone'],
    ['2027-01-01T06:59:50+07:00', 'New Year in UTC'],
    ['2028-02-28T23:59:50+07:00', 'into a leap day'],
    ['2028-02-29T23:59:50+07:00', 'out of a leap day'],
    ['2027-02-28T23:59:50+07:00', 'out of a February without one'],
    ['2026-02-16T23:59:50+07:00', 'into Tết'],
    ['2025-06-30T23:59:50+07:00', 'into the merger of the provinces'],
    ['2024-07-31T23:59:50+07:00', 'into the date of named accounts'],
    ['2026-03-29T07:59:50+07:00', 'the change to summer time of Berlin'],
    ['2038-01-19T10:14:00+07:00', 'the end of 32-bit seconds'],
  ])('beginning at %s (%s) is stopped just as soon', (start) => {
    const startMs = Date.parse(start)
    const found = judge(stolen(startMs)).map(({ atMs, action, requests }) => [atMs - startMs, action, requests])
    expect(found).toEqual(plain)
  })
})

describe('a clock that jumps', () => {
  const setMs = MONDAY_NINE + HOUR

  it.each<[string, Clock]>([
    ['an hour on', setAt(setMs, HOUR)],
    ['an hour back', setAt(setMs, -HOUR)],
    ['five minutes back, as after a bad NTP server', setAt(setMs, -5 * MINUTE)],
    ['seven hours back: local time taken for UTC', setAt(setMs, -7 * HOUR)],
    ['three days on', setAt(setMs, 3 * DAY)],
    [
      'three days on and, after half an hour, right again',
      (atMs) => (atMs > setMs && atMs < setMs + HOUR / 2 ? atMs + 3 * DAY : atMs),
    ],
    [
      'back to 1970 and, after half an hour, right again',
      (atMs) => (atMs > setMs && atMs < setMs + HOUR / 2 ? atMs % DAY : atMs),
    ],
    ['a second back each minute', (atMs) => atMs - (Math.floor(atMs / MINUTE) % 60) * SECOND],
    ['to a far year in one line of a thousand', (atMs, number) => (number % 1000 === 999 ? atMs + 3_000 * DAY : atMs)],
    ['to 1970 in one line of a thousand', (atMs, number) => (number % 1000 === 999 ? 5 * SECOND : atMs)],
  ])('by %s accuses nobody', (_how, clock) => {
    expect(judge(honest(MONDAY_NINE, 3), clock)).toEqual([])
  })

  it.each<[string, Clock]>([
    ['an hour on', setAt(setMs, HOUR)],
    ['an hour back', setAt(setMs, -HOUR)],
    ['seven hours back', setAt(setMs, -7 * HOUR)],
    ['three days on', setAt(setMs, 3 * DAY)],
    ['to a far year in one line of a thousand', (atMs, number) => (number % 1000 === 999 ? atMs + 3_000 * DAY : atMs)],
    ['to 1970 in one line of a thousand', (atMs, number) => (number % 1000 === 999 ? 5 * SECOND : atMs)],
  ])('by %s hides no harvest that begins ten seconds before it', (_how, clock) => {
    const requests = mergeByTime(honest(MONDAY_NINE, 2), stolen(setMs - 10 * SECOND))
    const leaked = leakedUntil(requests, clock)
    expect(leaked).toBeGreaterThan(200)
    expect(leaked).toBeLessThanOrEqual(700)
  })

  it.each<[string, Clock]>([
    ['an hour on', setAt(setMs, HOUR)],
    ['an hour back', setAt(setMs, -HOUR)],
    ['three days on', setAt(setMs, 3 * DAY)],
  ])('by %s hides no harvest that begins a minute after it', (_how, clock) => {
    const leaked = leakedUntil(mergeByTime(honest(MONDAY_NINE, 2), stolen(setMs + MINUTE)), clock)
    expect(leaked).toBeLessThanOrEqual(350)
  })

  it('to a far year in one line releases nobody', () => {
    const requests = [
      ...stolen(MONDAY_NINE, 400),
      aRequest({ atMs: MONDAY_NINE + 40 * DAY }),
      ...stolen(MONDAY_NINE + MINUTE, 50),
    ]
    expect(judge(requests).map(({ action }) => action)).toEqual(['throttle', 'suspend'])
  })
})

/** Twenty clinics that all look a person up every so many seconds, twice each: as alike as accounts can be, and no busier than usual. */
function* evenClinics(visits: number, everyMs: number, shared: Partial<AttributedRequest>): Generator<AttributedRequest> {
  for (let person = 0; person * everyMs < 100 * MINUTE; person++)
    for (const { account, code, ip } of evenAccounts(visits))
      for (const again of [0, 1])
        yield aRequest({
          account,
          facility: code,
          ip,
          atMs: MONDAY_NINE + person * everyMs + again,
          subject: subjectOf(code, person),
          result: '000',
          ...shared,
        })
}

function evenAccounts(dailyVisits: number): ScenarioFacility[] {
  return Array.from({ length: 20 }, (_, number) => {
    const code = String(70_000 + number)
    return { code, account: `${code}_BV`, dailyVisits, ip: `14.225.3.${number}` }
  })
}

function judgeEven(visits: number, everyMs: number, clock: Clock, shared: Partial<AttributedRequest>): Verdict[] {
  const registrations = registrationsOf(evenAccounts(visits))
  const detector = createDetector(DEFAULT_DETECT_POLICY, { maskAccount: (account) => account, registrations })
  return [...evenClinics(visits, everyMs, shared)].flatMap((request, number) =>
    detector.observe({ ...request, atMs: clock(request.atMs, number) }),
  )
}

describe('clinics that are as alike as can be', () => {
  const BACK = [30 * SECOND, 3 * MINUTE, 9 * MINUTE, 15 * MINUTE, HOUR, 7 * HOUR].map((ms) => -ms)
  const ON = [5 * MINUTE, HOUR, 7 * HOUR, 3 * DAY]

  it.each([
    [200, 60 * SECOND, {}, [0, ...BACK, ...ON]],
    [400, 30 * SECOND, {}, [0, ...BACK, ...ON]],
    [800, 15 * SECOND, {}, [0, -3 * MINUTE, -HOUR, 7 * HOUR]],
    [400, 60 * SECOND, { ip: '113.170.4.9' }, [0, ...BACK]],
    [400, 60 * SECOND, { subjectBlock: 77 }, [0, ...BACK]],
  ])(
    'of %i visits a day, one person every %i ms, sharing %j, are not in step by a jump of %j ms',
    (visits, everyMs, shared, jumps) => {
      const inStep = jumps.filter((byMs) => {
        const verdicts = judgeEven(visits, everyMs, setAt(MONDAY_NINE + 40 * MINUTE, byMs), shared)
        return verdicts.some(({ rule }) => rule === 'step')
      })
      expect(inStep).toEqual([])
    },
  )
})

describe('an action that began under a wrong clock', () => {
  const isThief = ({ account }: Verdict): boolean => account === THIEF.account

  it('ends as soon as any other when the clock is right again', () => {
    const wrong: Clock = (atMs) => (atMs < MONDAY_NINE + 20 * MINUTE ? atMs + 3 * DAY : atMs)
    const requests = mergeByTime(honest(MONDAY_NINE, 3), stolen(MONDAY_NINE + 10 * MINUTE, 400))
    const verdicts = judge(requests, wrong).filter(isThief)
    expect(verdicts.map(({ action }) => action)).toContain('suspend')
    expect(verdicts.at(-1)?.action).toBe('release')
    expect(verdicts.at(-1)?.atMs).toBeLessThan(MONDAY_NINE + 3 * HOUR)
  })

  it('is not held until the far year of one stray line', () => {
    const far = aRequest({ account: THIEF.account, facility: THIEF.code, ip: THIEF.ip, atMs: MONDAY_NINE + 3_000 * DAY })
    const requests = [
      ...stolen(MONDAY_NINE, 400),
      far,
      ...stolen(MONDAY_NINE + MINUTE, 50),
      ...honest(MONDAY_NINE + 2 * MINUTE, 3),
    ]
    expect(judge(requests).filter(isThief).at(-1)?.action).toBe('release')
  })
})

describe('lines that come late', () => {
  /** Two hosts write; the lines of the second come by a slow way. */
  function* withLate(lateMs: number, requests: Iterable<AttributedRequest>): Generator<AttributedRequest> {
    const waiting: AttributedRequest[] = []
    for (const request of requests) {
      while (waiting[0] !== undefined && waiting[0].atMs + lateMs <= request.atMs) yield waiting.shift() as AttributedRequest
      if (request.port % 2 === 0) yield request
      else waiting.push(request)
    }
    yield* waiting
  }

  const overTwo = (requests: Iterable<AttributedRequest>): AttributedRequest[] =>
    [...requests].map((request, number) => ({ ...request, port: 40_000 + (number % 2) }))

  it.each([2 * SECOND, 20 * SECOND, 2 * MINUTE, 9 * MINUTE])('by %i ms accuse nobody', (lateMs) => {
    expect(judge(withLate(lateMs, overTwo(honest(MONDAY_NINE, 2))))).toEqual([])
  })

  it.each([
    [2 * SECOND, 350],
    [20 * SECOND, 600],
    [2 * MINUTE, 1_000],
    [9 * MINUTE, 6_000],
  ])('by %i ms still show a harvest, after no more than %i look-ups', (lateMs, most) => {
    const requests = withLate(lateMs, overTwo(mergeByTime(honest(MONDAY_NINE, 1), stolen(MONDAY_NINE + MINUTE, 12_000))))
    expect(leakedUntil(requests, RIGHT)).toBeLessThanOrEqual(most)
  })

  it.each([
    [2 * SECOND, 350],
    [20 * SECOND, 800],
    [2 * MINUTE, 1_500],
    [8 * MINUTE, 4_000],
  ])('by %i ms still show the harvest of an account that nobody registered, after no more than %i look-ups', (lateMs, most) => {
    const registrations = registrationsOf(CLINICS)
    const detector = createDetector(DEFAULT_DETECT_POLICY, { maskAccount: (account) => account, registrations })
    let leaked = 0
    for (const request of withLate(lateMs, overTwo(stolen(MONDAY_NINE, 12_000)))) {
      leaked += 1
      if (detector.observe(request).some(({ action }) => action === 'suspend')) break
    }
    expect(leaked).toBeLessThanOrEqual(most)
  })

  it('by a clock set back for some minutes do not make the busiest hospital, not registered, look fast', () => {
    for (const byMs of [20 * SECOND, MINUTE, 5 * MINUTE, 9 * MINUTE]) {
      const detector = createDetector(DEFAULT_DETECT_POLICY, { maskAccount: (account) => account })
      const clock = setAt(MONDAY_NINE + 10 * MINUTE, -byMs)
      const verdicts = Array.from({ length: 300 * 30 }, (_, number) => {
        const [atMs, subject] = [clock(MONDAY_NINE + number * 200, number), subjectOf('01234', number)]
        return detector.observe(aRequest({ atMs, subject }))
      }).flat()
      expect(verdicts.filter(({ rule }) => rule === 'absolute')).toEqual([])
    }
  })
})
