import { describe, expect, it } from 'vitest'
import type { ReportFigures } from '../../../agent/replay/report-figures.ts'
import { createReportTally } from '../../../agent/replay/report-tally.ts'
import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import { createMasker } from '../../../rules/requests/mask-account.ts'
import { aVerdict, someTotals } from '../../support/report-figures.ts'
import { aRequest, dayStartMs, subjectOf } from '../../support/scenarios/request.ts'

const MIDNIGHT = dayStartMs('2026-03-02')
const CITIZEN_ID = '9'.repeat(12)
const maskAccount = createMasker(new Uint8Array(32).fill(7))

function figuresOf(requests: readonly Partial<AttributedRequest>[], maxAccounts = 100): ReportFigures {
  const tally = createReportTally({ maskAccount, maxAccounts })
  for (const fields of requests) tally.take(aRequest(fields))
  return tally.figures(someTotals(), [])
}

describe('createReportTally', () => {
  it('counts answered look-ups, persons and misses by account, the busiest first', () => {
    const { accounts, lookups, persons } = figuresOf([
      { subject: subjectOf('01234', 1) },
      { subject: subjectOf('01234', 1), atMs: MIDNIGHT + 5, result: '060' },
      { subject: subjectOf('01234', 2), atMs: MIDNIGHT - 5 },
      { status: 403, atMs: MIDNIGHT + 9 },
      { account: '22001_BV', facility: '22001', subject: subjectOf('01234', 1), class: 'history' },
    ])
    expect({ lookups, persons }).toEqual({ lookups: 4, persons: 2 })
    expect(accounts).toMatchObject([
      {
        account: '01234_BV',
        facility: '01234',
        lookups: 3,
        told: 3,
        persons: 2,
        refused: 1,
        misses: 1,
        firstMs: MIDNIGHT - 5,
        lastMs: MIDNIGHT + 9,
      },
      { account: '22001_BV', lookups: 1, persons: 1 },
    ])
  })

  it.each<[string, Partial<AttributedRequest>, number]>([
    ['a probe', { isProbe: true }, 0],
    ['a submission', { class: 'submit' }, 0],
    ['a log-in', { class: 'token' }, 0],
    ['a look-up of no known account', { account: undefined }, 1],
  ])('counts %s for no account', (_what, fields, unnamed) => {
    const figures = figuresOf([fields])
    expect(figures).toMatchObject({ accounts: [], lookups: 0, unnamed })
  })

  it('sums up by the first two digits of the facility, accounts without one last', () => {
    const { provinces } = figuresOf([
      { account: '22001_BV', facility: '22001' },
      { account: '22002_BV', facility: '22002', subject: subjectOf('1', 1) },
      { account: '22002', facility: '22002', subject: subjectOf('1', 1) },
      { account: CITIZEN_ID, facility: undefined },
      { account: '01234_BV', facility: '01234' },
    ])
    const none = { flagged: 0, suspended: 0 }
    expect(provinces).toEqual([
      { code: '01', facilities: 1, accounts: 1, lookups: 1, told: 0, persons: 0, ...none },
      { code: '22', facilities: 2, accounts: 3, lookups: 3, told: 2, persons: 1, ...none },
      { code: undefined, facilities: 0, accounts: 1, lookups: 1, told: 0, persons: 0, ...none },
    ])
  })

  it('keeps a verdict with its account, and counts those after the thirtieth', () => {
    const tally = createReportTally({ maskAccount })
    const account = `01234_${CITIZEN_ID}`
    tally.take(aRequest({ account }))
    tally.judge(Array.from({ length: 32 }, () => aVerdict({ account: maskAccount(account), action: 'watch' })))
    const { accounts, provinces } = tally.figures(someTotals(), [])
    expect(accounts).toHaveLength(1)
    expect(accounts[0]).toMatchObject({ account: expect.stringMatching(/^01234_[a-p]{12}$/), lookups: 1, moreVerdicts: 2 })
    expect(provinces).toMatchObject([{ flagged: 1, suspended: 0 }])
  })

  it('drops accounts with few look-ups when there are too many, never one with a verdict', () => {
    const tally = createReportTally({ maskAccount, maxAccounts: 10 })
    tally.judge([aVerdict({ account: '09999_BV' })])
    for (let call = 0; call < 5; call++) tally.take(aRequest({ account: '08888_BV' }))
    for (let number = 0; number < 50; number++)
      tally.take(aRequest({ account: `0${1000 + number}_BV`, facility: `0${1000 + number}` }))
    const { accounts, dropped, lookups, provinces } = tally.figures(someTotals(), [])
    const names = accounts.map((each) => each.account)
    expect(names).toContain('09999_BV')
    expect(names[0]).toBe('08888_BV')
    expect(names.length).toBeLessThanOrEqual(10)
    expect(dropped + names.length).toBe(52)
    expect({ lookups, accounts: provinces[0]?.accounts }).toEqual({ lookups: 55, accounts: 51 })
  })

  it('never tells more persons than look-ups, however large the estimate', () => {
    const people = Array.from({ length: 20_000 }, (_, person) => ({ subject: subjectOf('01234', person) }))
    const { accounts } = figuresOf(people)
    expect(accounts[0]?.persons).toBeGreaterThan(19_500)
    expect(accounts[0]?.persons).toBeLessThanOrEqual(20_000)
  })
})
