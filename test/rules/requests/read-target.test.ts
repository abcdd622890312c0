import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineSpans, fillSpans, MARK } from '../../../rules/requests/line-spans.ts'
import { createTargetReader } from '../../../rules/requests/read-target.ts'

describe('createTargetReader', () => {
  const reader = createTargetReader()
  const spans = createLineSpans()
  const accountOf = (target: string) => {
    fillSpans(spans, { uri: target })
    reader.read(spans)
    return reader.account?.name
  }

  it('takes the account that the WHATWG URL parser finds first, whatever stands around it', () => {
    const name = fc.constantFrom(
      'username',
      'UserName',
      'user%6eame',
      'token',
      'x',
      '',
      'username%20',
      'xusername',
      'user+name',
      '%75sername',
    )
    const value = fc.constantFrom(
      '01234_BV',
      '99999_bv',
      '01234%5FBV',
      '+01234_TC+',
      'x%26username=99999_BV',
      '?',
      '',
      '01234',
      '%zz',
      '=',
      '01234_BV=',
    )
    const query = fc.array(fc.tuple(name, fc.constantFrom('=', '=', '=', ''), value), { maxLength: 5 })
    let named = 0
    fc.assert(
      fc.property(query, (parts) => {
        const text = parts.map((part) => part.join('')).join('&')
        const first = [...new URLSearchParams(text)].find(([key]) => key.toLowerCase() === 'username')?.[1].trim()
        const expected = first !== undefined && /^\d{5}(_(BV|TC))?$/i.test(first) ? first.toUpperCase() : undefined
        if (expected !== undefined) named += 1
        expect(accountOf(`/api/egw/ktMathe?${text}`)).toBe(expected)
      }),
      { seed: 21, numRuns: 3_000 },
    )
    expect(named).toBeGreaterThan(300)
  })

  it('forgets the target before', () => {
    expect(accountOf('/?username=01234_BV')).toBe('01234_BV')
    expect(accountOf('/')).toBeUndefined()
    expect(reader.function.name).toBe('other')
    expect(spans.starts[MARK.token]).toBe(-1)
  })

  it('names the same function for every spelling of a path that the WHATWG URL parser reads alike', () => {
    const letters = '/api/egw/KQNhanLichSuKCB2024'
      .split('')
      .map((character) =>
        character === '/'
          ? fc.constantFrom('/', '//', '/./', '/x/../')
          : fc.constantFrom(
              character,
              character.toLowerCase(),
              character.toUpperCase(),
              `%${character.charCodeAt(0).toString(16)}`,
            ),
      )
    fc.assert(
      fc.property(fc.tuple(...letters), (parts) => {
        accountOf(parts.join(''))
        expect(reader.function.name).toBe('KQNhanLichSuKCB2024')
      }),
      { seed: 22, numRuns: 500 },
    )
  })
})
