import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { USER_RIGHTS } from '../../../rules/users/user-right.ts'
import { formatUsers, type ListedUser, parseUsers, type UsersInput } from '../../../rules/users/users-document.ts'
import { codeOf } from '../../support/code-of.ts'

const NEVER_MS = Date.parse('9999-12-31T23:59Z')
const aUser = (change: Partial<ListedUser> = {}): ListedUser => ({
  token: 'abcdefghijklmnop',
  facility: '01234',
  rights: ['lookup', 'submit'],
  state: 'active',
  untilMs: null,
  ...change,
})
const aList = (users: readonly ListedUser[]): UsersInput => ({
  version: 7,
  publishedAt: '2026-03-01T00:00:00.000Z',
  keys: ['0123456789abcdef'],
  users,
})

const users = fc.uniqueArray(
  fc.record({
    token: fc.string({ unit: fc.constantFrom(...Array.from('abcdefghijklmnop')), minLength: 16, maxLength: 16 }),
    facility: fc.integer({ min: 0, max: 99_999 }).map((code) => String(code).padStart(5, '0')),
    rights: fc.subarray([...USER_RIGHTS]),
    state: fc.constantFrom('active' as const, 'disabled' as const),
    untilMs: fc.option(fc.integer({ min: 0, max: 4_000_000 }).map((minutes) => minutes * 60_000 * 60)),
  }),
  { selector: ({ token }) => token, maxLength: 40 },
)

describe('users document', () => {
  it('gives back every user that was written, and nobody else', () => {
    fc.assert(
      fc.property(users, (list) => {
        const bytes = formatUsers(aList(list))
        const read = parseUsers(bytes)
        expect(read).toMatchObject({ version: 7, keys: ['0123456789abcdef'], count: list.length })
        for (const user of list) expect(read.find(user.token)).toEqual(user)
        expect(read.find('aaaaaaaaaaaaaaab')).toBe(list.find(({ token }) => token === 'aaaaaaaaaaaaaaab'))
        expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ users: expect.any(Array) })
      }),
      { seed: 11, numRuns: 60 },
    )
  })

  it.each<[string, (text: string) => string]>([
    ['USERS_HEADER', (text) => text.replace('users/1', 'users/2')],
    ['USERS_HEADER', (text) => text.replace('"version":7', '"version":7.0')],
    ['USERS_HEADER', (text) => text.replace('"version"', ' "version"')],
    ['USERS_LINE', (text) => text.replace('"count":2', '"count":1')],
    ['USERS_LINE', (text) => text.replace(' 01234 ', ' 0123x ')],
    ['USERS_LINE', (text) => text.replace('l--s-', '-l-s-')],
    ['USERS_LINE', (text) => text.replace(' a ', ' x ')],
    ['USERS_LINE', (text) => `${text} `],
    ['USERS_ORDER', (text) => text.replace('abcdefghijklmnop', 'pbcdefghijklmnop')],
    ['USERS_ORDER', (text) => text.replace('abcdefghijklmnop', 'bbcdefghijklmnop')],
  ])('refuses what was not written so: %s', (code, change) => {
    const text = Buffer.from(formatUsers(aList([aUser(), aUser({ token: 'bbcdefghijklmnop' })]))).toString()
    const changed = change(text)
    expect(changed).not.toBe(text)
    expect(codeOf(() => parseUsers(Buffer.from(changed)))).toBe(code)
  })

  it('knows no token of another form, and ends no later than a year can be written', () => {
    const read = parseUsers(formatUsers(aList([aUser({ untilMs: NEVER_MS + 1 })])))
    expect(read.find('ABCDEFGHIJKLMNOP')).toBeUndefined()
    expect(read.find('')).toBeUndefined()
    expect(read.find('abcdefghijklmnop')?.untilMs).toBeNull()
  })
})
