import { describe, expect, it } from 'vitest'
import { createNorm } from '../../../../rules/detect/norms/norm.ts'
import { Norms } from '../../../../rules/detect/norms/norms.ts'
import { createRandom } from '../../../support/scenarios/random.ts'

/** A Monday, midnight at the portal. */
const MONDAY = Date.parse('2026-03-02T00:00:00+07:00')
const HOUR_MS = 3_600_000
const WEEK_MS = 168 * HOUR_MS
/** Hours from Monday's midnight. */
const TUESDAY_9 = 33
const SLOT = 5

/** Persons that a made-up account sees in an hour from the start. */
type Habit = (hour: number, week: number) => number

/** A clinic that works from 7 to 16 on working days. */
function officeHours(perHour: number): Habit {
  return (hour) => {
    const ofDay = hour % 24
    return Math.floor(hour / 24) % 7 < 5 && ofDay >= 7 && ofDay < 16 ? perHour : 0
  }
}

interface Taught {
  readonly weeks: number
  readonly habit: Habit
  readonly dailyVisits?: number | undefined
  readonly startMs?: number
  readonly isSuspect?: boolean
}

function teach(norms: Norms, { weeks, habit, dailyVisits, startMs = MONDAY, isSuspect = false }: Taught): void {
  for (let hour = 0; hour < weeks * 168; hour++)
    norms.learn(SLOT, dailyVisits, startMs + hour * HOUR_MS, habit(hour, Math.floor(hour / 168)), isSuspect)
}

function hourNorm(norms: Norms, week: number, hour: number, dailyVisits?: number, startMs = MONDAY) {
  return norms.hourAt(SLOT, dailyVisits, startMs + week * WEEK_MS + hour * HOUR_MS + HOUR_MS - 1, createNorm())
}

describe('Norms', () => {
  it('knows nothing of a new account: its size and the rhythm of the country decide', () => {
    const norms = new Norms()
    const morning = hourNorm(norms, 0, TUESDAY_9, 1_000)
    const night = hourNorm(norms, 0, 26, 1_000)
    const sunday = hourNorm(norms, 0, 6 * 24 + 9, 1_000)
    expect(morning).toMatchObject({ basis: 'default', sure: 0 })
    expect(morning.expected).toBeGreaterThan(100)
    expect(night.expected).toBeLessThan(10)
    expect(sunday.expected).toBeLessThan(morning.expected / 2)
    const day = norms.dayAt(SLOT, 1_000, MONDAY + 24 * HOUR_MS - 1, createNorm())
    expect(day.expected).toBeGreaterThan(900)
    expect(day.expected).toBeLessThan(1_150)
  })

  it.each([[20], [120], [700], [5_000]])(
    'lets %i visits a day check all their patients again at night, and no harvest',
    (visits) => {
      const { allowed } = hourNorm(new Norms(), 0, 26, visits)
      expect(allowed).toBeGreaterThan(visits * 0.5)
      expect(allowed).toBeLessThan(visits * 3 + 31)
    },
  )

  it.each([1, 2, 3, 4, 5])('comes within a quarter of the median of a noisy year (seed %i)', (seed) => {
    const norms = new Norms()
    const random = createRandom(seed)
    const seen: number[] = []
    const habit: Habit = (hour) => {
      const persons = Math.round(60 * Math.exp(0.5 * random.normal()))
      if (hour % 168 === TUESDAY_9) seen.push(persons)
      return hour % 24 === 9 && Math.floor(hour / 24) % 7 < 5 ? persons : 0
    }
    teach(norms, { weeks: 40, habit })
    const median = seen.toSorted((a, b) => a - b)[Math.floor(seen.length / 2)] ?? 0
    const norm = hourNorm(norms, 40, TUESDAY_9)
    expect(norm).toMatchObject({ basis: 'own', sure: 1 })
    expect(Math.abs(norm.expected - median) / median).toBeLessThan(0.25)
    expect(hourNorm(norms, 40, 26).expected).toBeLessThan(1)
  })

  it('is not moved by one wild week', () => {
    const norms = new Norms()
    teach(norms, { weeks: 10, habit: officeHours(15) })
    const before = hourNorm(norms, 10, TUESDAY_9).expected
    teach(norms, { weeks: 1, habit: officeHours(3_000), startMs: MONDAY + 10 * WEEK_MS })
    expect(hourNorm(norms, 11, TUESDAY_9).expected).toBeLessThan(before * 1.08)
  })

  it('is not poisoned: half a year of ten percent more each week ends below the peers it pretends to', () => {
    const norms = new Norms()
    const habit: Habit = (hour, week) => officeHours(15)(hour, week) * 1.1 ** week
    teach(norms, { weeks: 10, habit: officeHours(15), dailyVisits: 120 })
    teach(norms, { weeks: 26, habit, dailyVisits: 120, startMs: MONDAY + 10 * WEEK_MS })
    const { expected } = hourNorm(norms, 36, TUESDAY_9, 120)
    // 15 × 1.06^26 = 68, and one step of rounding.
    expect(expected).toBeLessThan(75)
    for (let week = 36; week < 136; week++) {
      const startMs = MONDAY + week * WEEK_MS
      for (let peer = 100; peer < 110; peer++)
        for (let hour = 0; hour < 168; hour++)
          norms.learn(peer, 120, startMs + hour * HOUR_MS, officeHours(15)(hour, week), false)
      teach(norms, { weeks: 1, habit: officeHours(2_000), dailyVisits: 120, startMs })
    }
    expect(hourNorm(norms, 136, TUESDAY_9, 120).expected).toBeLessThan(15 * 2 * 4 * 1.5)
  })

  it('learns nothing in hours under suspicion', () => {
    const norms = new Norms()
    teach(norms, { weeks: 5, habit: officeHours(15) })
    const before = hourNorm(norms, 5, TUESDAY_9)
    teach(norms, { weeks: 20, habit: officeHours(900), startMs: MONDAY + 5 * WEEK_MS, isSuspect: true })
    expect(hourNorm(norms, 25, TUESDAY_9).expected).toBeCloseTo(before.expected)
  })

  it('tells the busiest hour and day that it was taught of the six days before today, whatever came today', () => {
    const norms = new Norms()
    const busyThursday: Habit = (hour) => officeHours(Math.floor(hour / 24) === 3 ? 30 : 15)(hour, 0)
    for (let hour = 0; hour < 5 * 24; hour++) norms.learn(SLOT, 120, MONDAY + hour * HOUR_MS, busyThursday(hour, 0), false)
    for (let hour = 0; hour < 12; hour++) norms.learn(SLOT, 120, MONDAY + (5 * 24 + hour) * HOUR_MS, 400, false)
    const saturdayNoon = MONDAY + (5 * 24 + 12) * HOUR_MS
    expect(norms.mostBefore(SLOT, saturdayNoon, '1h')).toBeCloseTo(30, -1)
    const day = norms.mostBefore(SLOT, saturdayNoon, '24h')
    expect(day).toBeGreaterThan(9 * 30 * 0.9)
    expect(day).toBeLessThan(9 * 30 * 1.1)
    expect(norms.mostBefore(SLOT, MONDAY + 12 * HOUR_MS, '24h')).toBe(0)
    expect(norms.mostBefore(SLOT + 1, saturdayNoon, '24h')).toBe(0)
  })

  it('calls a norm the account’s own after a week, when it has seen each hour once', () => {
    const norms = new Norms()
    teach(norms, { weeks: 1, habit: officeHours(15), dailyVisits: 120 })
    const basis = (week: number) =>
      norms.hourAt(SLOT, 120, MONDAY + week * WEEK_MS + (TUESDAY_9 + 1) * HOUR_MS - 1, createNorm()).basis
    expect([basis(0), basis(1), basis(2)]).toEqual(['default', 'own', 'own'])
  })

  it('finds a clinic of 120 a day that sees 3,000 the same day, and lets a busy day of 300 pass', () => {
    const norms = new Norms()
    teach(norms, { weeks: 8, habit: officeHours(13), dailyVisits: 120 })
    const { allowed, basis } = norms.dayAt(SLOT, 120, MONDAY + 8 * WEEK_MS + 24 * HOUR_MS - 1, createNorm())
    expect(basis).toBe('own')
    expect(allowed).toBeGreaterThan(300)
    expect(allowed).toBeLessThan(600)
  })

  it('does not take the first days after Tết for a harvest, and Tết does not lower the norm', () => {
    const norms = new Norms()
    const start = Date.parse('2026-01-05T00:00:00+07:00')
    const isTet = (hour: number) => hour >= 41 * 24 && hour < 48 * 24
    const habit: Habit = (hour, week) => (isTet(hour) ? 0 : officeHours(40)(hour, week))
    teach(norms, { weeks: 8, habit, startMs: start })
    const atNine = (day: string) => norms.hourAt(SLOT, undefined, Date.parse(`${day}T09:30:00+07:00`), createNorm())
    const ordinary = atNine('2026-03-03')
    expect(ordinary.expected).toBeGreaterThan(36)
    expect(atNine('2026-02-17').expected).toBeLessThan(5)
    // The fifth day of Tết is a Saturday: the first working day is Monday, 23 February.
    expect(atNine('2026-02-23').allowed).toBeGreaterThan(40 * 3 * 1.4)
    expect(atNine('2026-02-25').allowed).toBeLessThan(40 * 3 * 1.2 + 30)
  })

  it('counts by the clock of the portal, not of the server', () => {
    const norms = new Norms()
    teach(norms, { weeks: 6, habit: (hour) => (hour % 24 === 0 ? 50 : 0) })
    const norm = norms.hourAt(SLOT, undefined, Date.parse('2026-04-14T17:30:00Z'), createNorm())
    expect(norm.expected).toBeGreaterThan(40)
  })

  it('learns from peers what half of them see, and a few liars move nothing', () => {
    const norms = new Norms()
    const random = createRandom(9)
    // Hospitals of 1,000 visits that see 40 in an hour where 140 are assumed; one in ten pretends to see 100,000.
    for (let week = 0; week < 20; week++)
      for (const hour of [TUESDAY_9 - 1, TUESDAY_9])
        for (let account = 0; account < 60; account++) {
          const persons = account % 10 === 0 ? 100_000 : random.poisson(40)
          norms.learn(1_000 + account, 1_000, MONDAY + week * WEEK_MS + hour * HOUR_MS, persons, false)
        }
    const norm = hourNorm(norms, 20, TUESDAY_9, 1_000)
    expect(norm).toMatchObject({ basis: 'peers', sure: 0.5 })
    expect(norm.expected).toBeGreaterThan(35)
    expect(norm.expected).toBeLessThan(50)
  })

  it('forgets an account that is cleared, keeps no more than it may, and takes back what it learned', () => {
    const norms = new Norms({ maxAccounts: 1 })
    teach(norms, { weeks: 5, habit: officeHours(15) })
    norms.learn(6, undefined, MONDAY, 50, false)
    expect(norms.own.size).toBe(1)
    const kept = norms.own.levelsOf(SLOT)
    const before = hourNorm(norms, 5, TUESDAY_9).expected
    norms.clear(SLOT)
    expect(norms.own.size).toBe(0)
    expect(hourNorm(norms, 5, TUESDAY_9).basis).toBe('default')
    const later = new Norms()
    later.own.restore(SLOT, kept?.sinceHour ?? 0, kept?.levels ?? new Uint8Array())
    expect(hourNorm(later, 5, TUESDAY_9).expected).toBeCloseTo(before)
  })
})
