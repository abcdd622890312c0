import { describe, expect, it } from 'vitest'
import { hideIdentifiers } from '../../../rules/requests/hide-identifiers.ts'

const digits = (count: number, zero = 0x30) =>
  Array.from({ length: count }, (_, i) => String.fromCodePoint(zero + (i % 10))).join('')

describe('hideIdentifiers', () => {
  it.each([
    [`CCCD ${digits(12)}`, `CCCD ${'•'.repeat(12)}`, 'a citizen ID'],
    [`BHXH ${digits(10)}, ${digits(15)}.`, `BHXH ${'•'.repeat(10)}, ${'•'.repeat(15)}.`, 'a BHXH number and a card'],
    [digits(12, 0xff10), '•'.repeat(12), 'full-width digits'],
    [`x${digits(11)}y`, `x${'•'.repeat(11)}y`, 'within a word'],
    [`01234, ${digits(9)}`, `01234, ${digits(9)}`, 'shorter runs stay'],
    ['14.225.100.200/24 1923/BHXH-CNTT', '14.225.100.200/24 1923/BHXH-CNTT', 'addresses and dispatches stay'],
  ])('turns %j into %j: %s', (text, hidden) => {
    expect(hideIdentifiers(text)).toBe(hidden)
  })
})
