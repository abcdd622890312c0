import { describe, expect, it } from 'vitest'
import { csvPieces, lineOf } from '../../../rules/rehearsal/plain-sheet.ts'
import { findDay, isWithin, periodWords } from '../../../rules/rehearsal/portal-period.ts'
import { detailSheet, provinceKey } from '../../../rules/rehearsal/rehearsal-sheets.ts'
import { sumDays, sumsBy } from '../../../rules/rehearsal/rehearsal-sums.ts'
import { aRehearsedRow } from '../../support/rehearsal-counts.ts'

describe('csvPieces', () => {
  it.each<[string, string]>([
    ['=1+1', "'=1+1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['＋1', "'＋1"],
    ['a"b,c', '"a""b,c"'],
  ])('%j becomes %j: nothing that a client sends is a formula', (text, cell) => {
    expect(lineOf([text, 1, null])).toBe(`${cell},1,\r\n`)
  })

  it('begins with the mark by which Excel knows UTF-8, and holds every row', () => {
    const rows = Array.from({ length: 1201 }, (_, at) => aRehearsedRow({ source: `203.0.113.${at % 250}`, would: at + 1 }))
    const text = [...csvPieces(detailSheet(rows))].join('')
    expect(text.startsWith('\uFEFFLý do / reason,')).toBe(true)
    expect(text.trimEnd().split('\r\n')).toHaveLength(1202)
  })
})

describe('sums', () => {
  it('adds up by a key with distinct facilities, the busiest first', () => {
    const rows = [aRehearsedRow({ would: 1 }), aRehearsedRow({ facility: '09999', would: 5 }), aRehearsedRow({ refused: 2 })]
    expect(sumsBy(rows, ({ facility }) => facility ?? '').map(({ key, would, refused }) => [key, would, refused])).toEqual([
      ['09999', 5, 0],
      ['01234', 1, 2],
    ])
    expect(sumsBy(rows, ({ reason }) => reason)).toMatchObject([{ facilities: 2, would: 6 }])
  })

  it('fills the days between the first and the last', () => {
    const days = [3, 1, 3].map((day) => ({ day, would: 1, refused: 0 }))
    expect(sumDays(days).map(({ day, would }) => [day, would])).toEqual([
      [1, 1],
      [2, 0],
      [3, 2],
    ])
    expect(sumDays([])).toEqual([])
  })

  it('calls a province as it was called then, also by the digits of a facility whose province is part of another one now', () => {
    const [then, now] = [Date.parse('2025-06-30T00:00+07:00'), Date.parse('2026-11-22T00:00+07:00')]
    expect(provinceKey(aRehearsedRow({ province: '27', lastMs: then }))).toBe('Bắc Ninh (27, đến 30/06/2025)')
    expect(provinceKey(aRehearsedRow({ province: '27', lastMs: now }))).toBe('Bắc Ninh (24, từ 01/07/2025)')
  })
})

describe('days', () => {
  it('are those of the portal’s zone', () => {
    const day = findDay('2026-11-22') ?? 0
    const period = { fromDay: day, toDay: day }
    expect(
      ['2026-11-21T23:59:59+07:00', '2026-11-22T00:00+07:00', '2026-11-23T00:00+07:00'].map((at) =>
        isWithin(Date.parse(at), period),
      ),
    ).toEqual([false, true, false])
    expect([findDay('2026-02-30'), findDay('22/11/2026'), periodWords(period)]).toEqual([
      undefined,
      undefined,
      '22/11/2026 – 22/11/2026',
    ])
  })
})
