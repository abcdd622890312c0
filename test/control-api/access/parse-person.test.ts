import { describe, expect, it } from 'vitest'
import { parsePerson } from '../../../control-api/access/parse-person.ts'

describe('parsePerson', () => {
  it.each([
    ['an', 'an', 'as it is'],
    ['An', 'an', 'another case is no other person'],
    [' an\n', 'an', 'spaces around it neither'],
    ['ａｎ', 'an', 'full-width letters neither'],
    ['Bi\u0300nh', 'b\u00ECnh', 'a decomposed letter neither'],
    ['Trần Bình', 'trần bình', 'a Vietnamese name'],
    ['first-operator', 'first-operator', 'a name of init'],
    ['tran.binh@example', 'tran.binh@example', 'an address'],
  ])('takes %j as %j: %s', (text, person) => {
    expect(parsePerson(text)).toBe(person)
  })

  it.each([
    ['', 'nobody'],
    ['an\u200B', 'a character that nobody sees'],
    ['\u0430n', 'a Cyrillic letter that looks Latin'],
    ['an  binh', 'two spaces look like one'],
    ['an\tbinh', 'a tab forges a column of the list'],
    ['an\napprover', 'a line feed forges a line of it'],
    ['local:root', 'the name of who works at the machine'],
    ['a'.repeat(101), 'too long'],
  ])('refuses %j: %s', (text) => {
    expect(() => parsePerson(text)).toThrow(expect.objectContaining({ code: 'BAD_FIELDS' }))
  })
})
