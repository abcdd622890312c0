import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRehearsalBook } from '../../../agent/gate/rehearsal-book.ts'
import { countDay, daysWithin, unpackDays } from '../../../agent/gate/rehearsal-days.ts'
import type { GateDecision, GateRequest } from '../../../rules/gate/gate-request.ts'
import { DAY_OF_TESTS } from '../../support/gate-states.ts'

const DAY_MS = 86_400_000
const WOULD: GateDecision = { status: 204, reason: undefined, would: ['SHARED_ACCOUNT'] }
const REFUSED: GateDecision = { status: 403, reason: 'FUNCTION_RETIRED', would: [] }

const aRequest = (atMs: number, ip = '203.0.113.7'): GateRequest => ({
  atMs,
  ip,
  account: '01234_BV',
  accountSource: 'query',
  facility: '01234',
  function: 'KQNhanLichSuKCB595',
  class: 'lookup',
  method: 'GET',
})
const FACE = { account: '01234_BV', province: '01', client: 'HIS/1.0' }

describe('createRehearsalBook', () => {
  it('counts by day in the portal’s zone, whatever order requests come in, and keeps the latest days', () => {
    const book = createRehearsalBook(10, DAY_OF_TESTS, undefined, 2)
    for (const atMs of [DAY_OF_TESTS, DAY_OF_TESTS + DAY_MS, DAY_OF_TESTS + 5, DAY_OF_TESTS + 2 * DAY_MS, DAY_OF_TESTS - DAY_MS])
      book.take(aRequest(atMs), WOULD, FACE)
    const [row] = book.all().rows
    const { days = [], ...sums } = row ?? {}
    expect(sums).toMatchObject({ would: 5, refused: 0, firstMs: DAY_OF_TESTS - DAY_MS, lastMs: DAY_OF_TESTS + 2 * DAY_MS })
    const all = unpackDays(days)
    const last = all.at(-1)?.day ?? 0
    expect(all.map(({ day, would }) => [day - last, would])).toEqual([
      [-1, 1],
      [0, 1],
    ])
    expect(daysWithin(days, { fromDay: last, toDay: last })).toHaveLength(1)
  })

  it('gives the place of one seen least, of them the longest unseen, to each new row, and loses count of no request', () => {
    const book = createRehearsalBook(3, DAY_OF_TESTS)
    const take = (...last: number[]): void => {
      for (const one of last) book.take(aRequest(DAY_OF_TESTS, `203.0.113.${one}`), WOULD, FACE)
    }
    const held = (): string[] => book.all().rows.map(({ source, would }) => `${source.split('.').at(-1)}:${would}`)
    take(1, 1, 2, 3, 3)
    take(4)
    expect([held(), book.all().unlisted]).toEqual([['1:2', '3:2', '4:1'], 1])
    take(4, 1, 5)
    expect([held(), book.all().unlisted]).toEqual([['4:2', '1:3', '5:1'], 3])
    const again = createRehearsalBook(3, DAY_OF_TESTS, book.all())
    again.take(aRequest(DAY_OF_TESTS, '203.0.113.6'), WOULD, FACE)
    expect(again.all().rows.map(({ source }) => source.at(-1))).toEqual(['4', '1', '6'])
    for (let at = 0; at < 1000; at += 1) take(at % 7, at % 50)
    const { rows, unlisted } = book.all()
    expect(rows.reduce((sum, { would }) => sum + would, unlisted)).toBe(9 + 2000)
  })

  it('counts millions of requests that are alike as fast as one', () => {
    const book = createRehearsalBook(3, DAY_OF_TESTS)
    book.take(aRequest(DAY_OF_TESTS), WOULD, FACE, 5_000_000_000)
    book.take(aRequest(DAY_OF_TESTS + 1), REFUSED, FACE, 7)
    const { rows } = book.all()
    expect(rows.map(({ would, refused, days }) => [would, refused, unpackDays(days)])).toMatchObject([
      [5_000_000_000, 0, [{ would: 5_000_000_000 }]],
      [0, 7, [{ refused: 7 }]],
    ])
  })

  it('tells days once each time that they changed, oldest change first, and all of them after a restart', () => {
    const book = createRehearsalBook(10, DAY_OF_TESTS)
    book.take(aRequest(DAY_OF_TESTS), WOULD, FACE)
    book.take(aRequest(DAY_OF_TESTS), REFUSED, FACE)
    const first = book.changedSince(0, 1)
    expect(first.days.map(({ row }) => row.reason)).toEqual(['SHARED_ACCOUNT'])
    const second = book.changedSince(first.change, 1)
    expect(second.days.map(({ row }) => row.reason)).toEqual(['FUNCTION_RETIRED'])
    expect(book.changedSince(second.change, 10)).toEqual({ change: second.change, days: [] })
    book.take(aRequest(DAY_OF_TESTS + DAY_MS), WOULD, FACE)
    const third = book.changedSince(second.change, 10)
    expect(third.days.map(({ day: { would } }) => would)).toEqual([1])
    const again = createRehearsalBook(10, DAY_OF_TESTS, book.all())
    expect(again.changedSince(0, 10).days).toHaveLength(3)
    expect(again.changedSince(third.change + 99, 10).days).toHaveLength(3)
  })

  it('adds up to what happened on each day, for any order of requests', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ day: fc.nat(6), isRefused: fc.boolean() }), { maxLength: 60 }), (requests) => {
        const days: number[] = []
        for (const [change, { day, isRefused }] of requests.entries())
          countDay(days, { atMs: DAY_OF_TESTS + day * DAY_MS, isRefused, change }, 31)
        const oracle = [...new Set(requests.map(({ day }) => day))]
          .toSorted((a, b) => a - b)
          .map((day) => {
            const own = requests.filter((one) => one.day === day)
            return [own.filter(({ isRefused }) => !isRefused).length, own.filter(({ isRefused }) => isRefused).length]
          })
        expect(unpackDays(days).map(({ would, refused }) => [would, refused])).toEqual(oracle)
      }),
      { seed: 1, numRuns: 200 },
    )
  })
})
