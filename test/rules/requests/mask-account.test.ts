import { describe, expect, it } from 'vitest'
import { createMasker, maskAccount } from '../../../rules/requests/mask-account.ts'

const key = new Uint8Array(32).fill(7)
const otherKey = new Uint8Array(32).fill(8)
/** A made-up citizen ID: real ones never begin with 9. */
const citizenId = '9'.repeat(3) + '000'.repeat(3)

describe('maskAccount', () => {
  it.each([
    ['01234_BV', '01234_BV', 'a shared account names nobody'],
    ['01234_TC', '01234_TC', 'a shared account names nobody'],
    ['01234', '01234', 'a facility code alone'],
  ])('leaves %s: %s', (account, masked) => {
    expect(maskAccount(account, key)).toBe(masked)
  })

  it.each([
    [`01234_${citizenId}`, /^01234_[a-p]{12}$/, 'a named user keeps the facility'],
    [citizenId, /^[a-p]{12}$/, 'a bare citizen ID'],
    ['1'.repeat(10), /^[a-p]{12}$/, 'a bare BHXH number'],
    [`x${'1'.repeat(10)}y${citizenId}z`, /^x[a-p]{12}y[a-p]{12}z$/, 'every run in a text'],
    ['1'.repeat(17), /^[a-p]{12}$/, 'a longer run holds an identifier too'],
  ])('masks %s', (account, shape) => {
    expect(maskAccount(account, key)).toMatch(shape)
  })

  it('gives one token for one citizen ID and key, another for another key', () => {
    expect(maskAccount(`01234_${citizenId}`, key)).toBe(maskAccount(`01234_${citizenId}`, key))
    expect(maskAccount(`01234_${citizenId}`, key)).not.toBe(maskAccount(`01234_${citizenId}`, otherKey))
  })

  it('refuses a key that could be guessed', () => {
    expect(() => maskAccount(citizenId, new Uint8Array(15))).toThrow(expect.objectContaining({ code: 'KEY_TOO_SHORT' }))
    expect(() => createMasker(new Uint8Array(15))).toThrow(expect.objectContaining({ code: 'KEY_TOO_SHORT' }))
  })
})

describe('createMasker', () => {
  it('answers as maskAccount does, also after it forgot the oldest', () => {
    const mask = createMasker(key, 2)
    const accounts = ['00001', '00002', '00003', '00001', '00003'].map((facility) => `${facility}_${citizenId}`)
    expect(accounts.map(mask)).toEqual(accounts.map((account) => maskAccount(account, key)))
  })
})
