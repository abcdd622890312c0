import { describe, expect, it } from 'vitest'
import {
  MERGER_AT_MS,
  provinceCodesAt,
  provinceLabel,
  provinceName,
  successorOf,
} from '../../../rules/provinces/province-names.ts'
import { PROVINCES_BEFORE_MERGER, PROVINCES_OF_5715, PROVINCES_SINCE_MERGER } from '../../../rules/provinces/province-table.ts'

const beforeMs = MERGER_AT_MS - 1

describe('provinceName', () => {
  it('turns at 2025-07-01T00:00+07:00', () => {
    expect(MERGER_AT_MS).toBe(Date.parse('2025-07-01T00:00+07:00'))
    expect(provinceName('24', beforeMs)).toBe('Bắc Giang')
    expect(provinceName('24', MERGER_AT_MS)).toBe('Bắc Ninh')
  })

  it.each([
    ['15', 'Yên Bái', 'Lào Cai'],
    ['24', 'Bắc Giang', 'Bắc Ninh'],
    ['44', 'Quảng Bình', 'Quảng Trị'],
    ['52', 'Bình Định', 'Gia Lai'],
    ['80', 'Long An', 'Tây Ninh'],
    ['82', 'Tiền Giang', 'Đồng Tháp'],
    ['91', 'Kiên Giang', 'An Giang'],
    ['01', 'Hà Nội', 'Hà Nội'],
    ['02', 'Hà Giang', undefined],
    ['03', undefined, undefined],
    ['__proto__', undefined, undefined],
    ['constructor', undefined, undefined],
  ])('%s was %s and is %s', (code, before, since) => {
    expect([provinceName(code, beforeMs), provinceName(code, MERGER_AT_MS)]).toEqual([before, since])
  })

  it('never stands for a code without its date in a label', () => {
    expect(provinceLabel('24', beforeMs)).toBe('Bắc Giang (24, to 30/06/2025)')
    expect(provinceLabel('24', MERGER_AT_MS)).toBe('Bắc Ninh (24, from 01/07/2025)')
    expect(provinceLabel('02', MERGER_AT_MS)).toBe('? (02, from 01/07/2025)')
  })
})

describe('the tables', () => {
  it('have 63 provinces before and 34 since, and 24 of 5715/BYT-BH', () => {
    expect(provinceCodesAt(beforeMs)).toHaveLength(63)
    expect(provinceCodesAt(MERGER_AT_MS)).toHaveLength(34)
    expect(new Set(PROVINCES_OF_5715).size).toBe(24)
    expect(PROVINCES_OF_5715.filter((code) => provinceName(code, Date.UTC(2019, 8, 27)) === undefined)).toEqual([])
  })

  it('lead each province of before into exactly one of now', () => {
    const from = Object.values(PROVINCES_SINCE_MERGER).flatMap((province) => province.from)
    expect(from.toSorted()).toEqual(Object.keys(PROVINCES_BEFORE_MERGER).toSorted())
    for (const code of Object.keys(PROVINCES_SINCE_MERGER)) expect(successorOf(code)).toBe(code)
    expect(['02', '45', '72', '89', '99'].map(successorOf)).toEqual(['08', '44', '80', '91', undefined])
  })

  it('keep a name for the province that kept it, but for the seven codes that changed hands and Huế', () => {
    const changed = Object.entries(PROVINCES_SINCE_MERGER).filter(([code, { name }]) => PROVINCES_BEFORE_MERGER[code] !== name)
    expect(changed.map(([code]) => code).toSorted()).toEqual(['15', '24', '44', '46', '52', '80', '82', '91'])
  })
})
