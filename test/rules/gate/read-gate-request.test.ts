import { describe, expect, it } from 'vitest'
import { createGateReader } from '../../../rules/gate/read-gate-request.ts'
import { createLineParser } from '../../../rules/requests/log-format.ts'
import { anAccessToken } from '../../support/access-token.ts'
import { DAY_OF_TESTS } from '../../support/gate-states.ts'

const KEY = new Uint8Array(32)
const U = '/api/egw/KQNhanLichSuKCB595'
const ask = (uri: string, fields: { accessToken?: string; authorization?: string; ip?: string } = {}) => ({
  atMs: DAY_OF_TESTS,
  uri,
  method: 'POST',
  ip: '203.0.113.7',
  accessToken: undefined,
  authorization: undefined,
  ...fields,
})

describe('createGateReader', () => {
  it.each<[string, string, string | undefined]>([
    [`${U}?username=01234_bv`, 'KQNhanLichSuKCB595', '01234_BV'],
    ['/api/egw/KQnhanLichSuKCB595?USERNAME=01234_BV', 'KQNhanLichSuKCB595', '01234_BV'],
    ['/api/egw/api/egw/NhanLichSuKCB2018?username=01234_BV', 'KQNhanLichSuKCB2018', '01234_BV'],
    ['/api/egw/nhanLichSuKCB2018?username=01234_BV', 'KQNhanLichSuKCB2018', '01234_BV'],
    ['/api/egw/%4b%51NhanLichSuKCB595?user%6eame=01234%5FBV', 'KQNhanLichSuKCB595', '01234_BV'],
    ['/api/egw/%u004bQNhanLichSuKCB595?username=01234_BV', 'KQNhanLichSuKCB595', '01234_BV'],
    ['//api//egw/./x/../KQNhanLichSuKCB595/?username=01234_BV', 'KQNhanLichSuKCB595', '01234_BV'],
    ['/api/egw%2fKQNhanLichSuKCB595;x=1?username=01234_BV', 'KQNhanLichSuKCB595', '01234_BV'],
    ['\\api\\egw\\KQNhanLichSuKCB595', 'other', undefined],
    ['/api\\egw\\KQNhanLichSuKCB595.', 'KQNhanLichSuKCB595', undefined],
    ['http://egw.example/api/egw/KQNhanLichSuKCB595?username=01234_BV', 'KQNhanLichSuKCB595', '01234_BV'],
    [`${U}?username=01234_BV&username=09999_BV`, 'KQNhanLichSuKCB595', '01234_BV'],
    [`${U}?x=1#&username=01234_BV`, 'KQNhanLichSuKCB595', undefined],
    ['*', 'other', undefined],
    ['', 'other', undefined],
    [`/${'x/'.repeat(4000)}`, 'other', undefined],
    ['/\u00ff\u0000%', 'other', undefined],
  ])('of %j reads %s by %s, as the log does', (uri, called, account) => {
    const request = createGateReader(KEY).read(ask(uri))
    expect(request).toMatchObject({ function: called, account, ip: '203.0.113.7', atMs: DAY_OF_TESTS, method: 'POST' })
    const line = JSON.stringify({ at: new Date(DAY_OF_TESTS).toISOString(), ip: '203.0.113.7', uri })
    const logged = createLineParser('nginx-json', { key: KEY }).parse(Buffer.from(line, 'latin1'))
    expect(logged).toMatchObject({ function: request?.function, class: request?.class, account: request?.account })
  })

  it('reads header tokens, and tells a token that names another account than the query', () => {
    const reader = createGateReader(KEY)
    const token = anAccessToken('01234_BV')
    expect(reader.read(ask(U, { accessToken: token }))).toMatchObject({ account: '01234_BV', accountSource: 'header' })
    expect(reader.read(ask(U, { authorization: `Bearer ${token}` }))).toMatchObject({
      account: '01234_BV',
      accountSource: 'token',
    })
    expect(reader.read(ask(`${U}?username=09999_BV`, { accessToken: token }))).toMatchObject({
      account: '09999_BV',
      otherAccounts: ['01234_BV'],
    })
    for (const name of ['%74oken', 'accessT%6Fken'])
      expect(reader.read(ask(`${U}?${name}=${token}`))).toMatchObject({ account: '01234_BV', accountSource: 'token' })
    expect(reader.read(ask(`${U}?username=09999_BV&token=${encodeURIComponent(token)}`))).toMatchObject({
      otherAccounts: ['01234_BV'],
    })
    expect(reader.read(ask(`${U}?username=01234_BV`, { accessToken: token }))).not.toHaveProperty('otherAccounts')
  })

  it('tells every account that a token names, so that a made-up token hides no other one', () => {
    const reader = createGateReader(KEY)
    const [own, made] = [anAccessToken('01234_BV'), anAccessToken('09999_BV')]
    const inQuery = `token=${encodeURIComponent(own)}`
    const others = { otherAccounts: ['01234_BV'] }
    expect(reader.read(ask(`${U}?username=09999_BV&${inQuery}`, { accessToken: made }))).toMatchObject(others)
    expect(reader.read(ask(U, { accessToken: made, authorization: `Bearer ${own}` }))).toMatchObject({
      account: '09999_BV',
      ...others,
    })
    expect(reader.read(ask(`${U}?${inQuery}`, { authorization: `Bearer ${made}` }))).toMatchObject(others)
    const third = anAccessToken('33333')
    expect(reader.read(ask(`${U}?username=09999_BV&${inQuery}`, { accessToken: third, authorization: own }))).toMatchObject({
      otherAccounts: ['33333', '01234_BV'],
    })
  })

  it('lets a log-in name the requests after it only once it was let through', () => {
    const reader = createGateReader(KEY)
    reader.read(ask('/api/token/take?username=01234_BV'))
    expect(reader.read(ask(U))?.account).toBeUndefined()
    reader.read(ask('/api/token/take?username=01234_BV'))
    reader.letThrough()
    expect(reader.read(ask(U))).toMatchObject({ account: '01234_BV', accountSource: 'correlation' })
    expect(reader.read(ask(U, { ip: '203.0.113.8' }))?.account).toBeUndefined()
  })

  it.each(['', 'unix:', '203.0.113.7, 10.0.0.1', '1.2.3.4.5'])('gives nothing for the address %j', (ip) => {
    expect(createGateReader(KEY).read(ask(U, { ip }))).toBeUndefined()
  })
})
