import { describe, expect, it } from 'vitest'
import { dayOf, publicHolidays } from '../../../../rules/detect/norms/holidays.ts'
import { countOf, levelOf } from '../../../../rules/detect/norms/level-code.ts'
import { hourOfWeek, PortalWeek, portalHour } from '../../../../rules/detect/norms/portal-week.ts'
import { sizeClassOf, UNKNOWN_SIZE } from '../../../../rules/detect/norms/size-class.ts'

const week = new PortalWeek(publicHolidays())

function hourAt(time: string): number {
  return portalHour(Date.parse(`${time}:00+07:00`))
}

describe('hourOfWeek', () => {
  it.each([
    ['2026-03-02T00:00', 0, 'Monday begins at midnight in Vietnam'],
    ['2026-03-01T23:59', 167, 'Sunday ends there'],
    ['2024-02-29T12:30', 84, 'leap day, a Thursday'],
    ['1969-12-31T23:30', 71, 'before 1970 began in Vietnam'],
  ])('of %s is %i: %s', (time, hour) => {
    expect((hourOfWeek(hourAt(time)) + 168) % 168).toBe(hour)
  })
})

describe('PortalWeek', () => {
  it.each([
    ['2026-02-15T09:00', true, 'two days before Tết'],
    ['2026-02-14T09:00', false, 'a Saturday before it'],
    ['2026-02-21T09:00', true, 'the fifth day of Tết'],
    ['2027-02-06T09:00', true, 'Tết of 2027 is a day before China’s'],
    ['2026-04-26T09:00', true, 'Hùng Kings'],
    ['2026-04-30T23:59', true, 'Reunification Day to its end'],
    ['2026-09-02T00:00', true, 'National Day from its beginning'],
    ['2026-09-03T00:00', false, 'the day after'],
  ])('knows whether %s is a holiday: %s (%s)', (time, isHoliday) => {
    expect(week.isHoliday(hourAt(time))).toBe(isHoliday)
    expect(week.hourLived(hourAt(time)) >= 144 && week.hourLived(hourAt(time)) < 168).toBe(isHoliday)
  })

  it.each([
    ['2026-02-23T08:00', true, 'first working day after Tết'],
    ['2026-02-24T08:00', true, 'second working day'],
    ['2026-02-25T08:00', false, 'third'],
    ['2026-03-02T08:00', false, 'after an ordinary Sunday'],
    ['2026-05-04T08:00', true, 'Monday after 1 May and a weekend'],
    ['2026-02-22T08:00', false, 'a Sunday itself'],
  ])('knows whether %s brings those who waited: %s (%s)', (time, isReturn) => {
    expect(week.isReturn(hourAt(time))).toBe(isReturn)
  })

  it('takes the holidays it is given', () => {
    const own = new PortalWeek(new Set([dayOf('2026-03-04')]))
    expect([own.isHoliday(hourAt('2026-03-04T10:00')), own.isReturn(hourAt('2026-03-05T10:00'))]).toEqual([true, true])
  })
})

describe('levelOf', () => {
  it('gives each count back within 3 %, or half a person', () => {
    for (let count = 0; count < 2_000_000; count = Math.ceil(count * 1.07 + 1)) {
      const back = countOf(levelOf(count))
      expect(Math.abs(back - count)).toBeLessThanOrEqual(Math.max(0.5, count * 0.03))
    }
  })

  it('never gives the level for «not known», whatever the count', () => {
    expect([-5, 0, 1e12, Number.MAX_VALUE].map(levelOf)).toEqual([1, 1, 255, 255])
    expect(countOf(0)).toBe(0)
  })
})

describe('sizeClassOf', () => {
  it.each([
    [undefined, UNKNOWN_SIZE],
    [0, 0],
    [30, 0],
    [31, 1],
    [150, 1],
    [700, 2],
    [3_000, 3],
    [3_001, 4],
    [1e9, 4],
  ])('%s → %i', (visits, number) => {
    expect(sizeClassOf(visits)).toBe(number)
  })
})
