import { expect, it } from 'vitest'
import { findInstantMs } from '../../../rules/time/find-instant.ts'

it.each([
  ['2024-08-01T00:00+07:00', Date.UTC(2024, 6, 31, 17)],
  ['2024-08-01T00:00:00+07:00', Date.UTC(2024, 6, 31, 17)],
  ['2024-07-31T17:00:00.5Z', Date.UTC(2024, 6, 31, 17, 0, 0, 500)],
  ['2024-02-29T00:00Z', Date.UTC(2024, 1, 29)],
  ['2023-02-29T00:00Z', undefined],
  ['2024-02-31T00:00Z', undefined],
  ['2024-13-01T00:00Z', undefined],
  ['2024-08-01T25:00Z', undefined],
  ['2024-08-01T00:00+99:00', undefined],
  ['2024-08-01', undefined],
  ['2024-08-01T00:00', undefined],
  ['2024-08-01 00:00Z', undefined],
  ['01/08/2024', undefined],
  ['', undefined],
])('findInstantMs(%j) is %s', (text, expected) => {
  expect(findInstantMs(text)).toBe(expected)
})
