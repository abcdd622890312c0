import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAccountCache } from '../../../rules/requests/account-cache.ts'
import { decodeQueryPart } from '../../../rules/requests/decode-percent.ts'
import { findAccount } from '../../../rules/requests/find-account.ts'

it('createAccountCache says of any value what findAccount says of it decoded, the first time and again', () => {
  const cache = createAccountCache()
  const digit = fc.constantFrom(...'01234567890123456789'.split(''), ':', '/')
  const user = fc.array(digit, { minLength: 11, maxLength: 13 }).map((digits) => `_${digits.join('')}`)
  const suffix = fc.oneof(
    user,
    fc.constantFrom('_BV', '_bv', '_Tc', '_TC', '-BV', '_BX', '_\u0022\u0036', '\u007fBV', '%5FBV', ''),
  )
  const plain = fc.tuple(fc.array(digit, { minLength: 5, maxLength: 5 }), suffix).map(([digits, end]) => digits.join('') + end)
  let named = 0
  fc.assert(
    fc.property(fc.oneof(plain, fc.string({ maxLength: 30 })), (text) => {
      const bytes = Buffer.from(`=${text}&`, 'latin1')
      const value = bytes.toString('latin1', 1, bytes.length - 1)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const expected = findAccount(decodeQueryPart(value))
      if (expected !== undefined) named += 1
      for (let time = 0; time < 2; time += 1) {
        const { name, facility } = cache.get(view, 1, bytes.length - 1) ?? {}
        expect(name === undefined ? undefined : { name, facility }).toEqual(expected)
      }
    }),
    { seed: 6, numRuns: 4_000 },
  )
  expect(named).toBeGreaterThan(300)
})
