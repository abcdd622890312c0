import { describe, expect, it } from 'vitest'
import { hashSubject } from '../../../rules/requests/hash-subject.ts'
import { createSeeded } from '../../support/seeded.ts'

const key = new Uint8Array(32).fill(3)
const number = createSeeded(9).digits(10)
const card = `DN4${'79'}${number}`

describe('hashSubject', () => {
  it.each([
    ['a'.repeat(32), 'hexadecimal, 16 bytes'],
    ['0123456789abcdef'.repeat(4), 'hexadecimal, 32 bytes'],
    ['A-_z'.repeat(10).concat('abc'), 'base64url, 32 bytes'],
  ])('keeps %s, a hash already: %s', (hash) => {
    expect(hashSubject(hash, key)).toBe(hash)
  })

  it.each([number, card, `9${number}1`, 'Nguyen Van', 'f'.repeat(31)])('hides what is no hash', (text) => {
    expect(hashSubject(text, key)).toMatch(/^[0-9a-f]{32}$/)
    expect(hashSubject(text, key)).not.toBe(hashSubject(text, new Uint8Array(32)))
  })

  it('takes a card and its number for one person, in any case', () => {
    expect(hashSubject(card, key)).toBe(hashSubject(number, key))
    expect(hashSubject(` ${card.toLowerCase()} `, key)).toBe(hashSubject(number, key))
    expect(hashSubject(`9${number}1`, key)).not.toBe(hashSubject(number, key))
  })

  it.each(['', ' ', '-', 'x'.repeat(257)])('names nobody for %j', (text) => {
    expect(hashSubject(text, key)).toBeUndefined()
  })
})
