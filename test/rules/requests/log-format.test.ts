import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAttributor } from '../../../rules/requests/attributor.ts'
import { LINE_FAULTS } from '../../../rules/requests/line-fault.ts'
import { createLineParser, LOG_FORMATS, MAX_LINE_BYTES } from '../../../rules/requests/log-format.ts'
import { anAccessToken } from '../../support/access-token.ts'
import { createSeeded } from '../../support/seeded.ts'

const key = new Uint8Array(32).fill(1)

function aLine(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({
    at: '2026-11-22T08:00:00+07:00',
    ip: '203.0.113.7',
    uri: '/api/egw/KQNhanLichSuKCB2024',
    status: 200,
    ...fields,
  })
}

describe('createLineParser', () => {
  it('refuses a key that could be guessed', () => {
    expect(() => createLineParser('combined', { key: new Uint8Array(8) })).toThrow(
      expect.objectContaining({ code: 'KEY_TOO_SHORT' }),
    )
  })

  it('gives every field, and nothing else', () => {
    const request = createLineParser('nginx-json', { key }).parseLine(
      aLine({ port: 51000, uri: '/api/egw/KQNhanLichSuKCB2019?username=01234_bv', subject: 'a'.repeat(64), result: '000' }),
    )
    expect(request).toEqual({
      atMs: Date.UTC(2026, 10, 22, 1),
      ip: '203.0.113.7',
      port: 51000,
      account: '01234_BV',
      accountSource: 'query',
      facility: '01234',
      function: 'KQNhanLichSuKCB2019',
      class: 'lookup',
      retired: true,
      status: 200,
      subject: 'a'.repeat(64),
      subjectBlock: undefined,
      isProbe: false,
      place: expect.objectContaining({ slot: 0 }),
      result: '000',
    })
  })

  it('lets the date of the stop be set', () => {
    const line = aLine({ uri: '/api/egw/KQNhanLichSuKCB2019' })
    const stops = (functionsStopAtMs: number) =>
      createLineParser('nginx-json', { key, functionsStopAtMs }).parseLine(line)?.retired
    expect([stops(Date.UTC(2026, 10, 22, 1)), stops(Date.UTC(2026, 10, 22, 1) + 1)]).toEqual([true, false])
  })

  it('shares what it knows of tokens with the parser of another log', () => {
    const attributor = createAttributor()
    createLineParser('nginx-json', { key, attributor }).parseLine(aLine({ uri: '/api/token/take', account: '01234_BV' }))
    const other = createLineParser('combined', { key, attributor })
    const line = '203.0.113.7 - - [22/Nov/2026:08:01:00 +0700] "GET /api/egw/Lskcb2025 HTTP/1.1" 200 1 "-" "-"'
    expect(other.parseLine(line)).toMatchObject({ account: '01234_BV', accountSource: 'correlation' })
  })

  it.each([
    ['000', '000'],
    ['5', '5'],
    [5, '5'],
    ['050', '050'],
    ['ABC', 'ABC'],
    ['', undefined],
    ['<b>', undefined],
    ['123456789', undefined],
    [null, undefined],
  ])('reads the result %j as %j', (result, expected) => {
    expect(createLineParser('nginx-json', { key }).parseLine(aLine({ result }))?.result).toBe(expected)
  })

  it('says why a line is null, in words of its own', () => {
    const parser = createLineParser('nginx-json', { key })
    const faults = ['', 'x', '{}', aLine({ at: 'x' }), aLine({ ip: 'x' }), `${aLine().slice(0, -1)},"ip":"::"}`, aLine()].map(
      (line) => {
        parser.parseLine(line)
        return parser.lastFault
      },
    )
    expect(faults).toEqual(['EMPTY_LINE', 'NOT_JSON', 'MISSING_FIELD', 'BAD_TIME', 'BAD_ADDRESS', 'DUPLICATE_KEY', undefined])
  })

  it('takes a line of the limit and no byte more', () => {
    const parser = createLineParser('nginx-json', { key })
    const room = MAX_LINE_BYTES - aLine({ x: '' }).length
    expect(parser.parseLine(aLine({ x: 'y'.repeat(room) }))).toBeDefined()
    expect(parser.parseLine(aLine({ x: 'y'.repeat(room + 1) }))).toBeUndefined()
    expect(parser.lastFault).toBe('LINE_TOO_LONG')
  })

  it('keeps no secret of the line, wherever it stands', () => {
    const seeded = createSeeded(77)
    const secrets = Array.from({ length: 12 }, () => `s${seeded.digits(9)}z`)
    const token = anAccessToken('01234_BV')
    const line = aLine({
      uri: `/api/egw/ktMathe?password=${secrets[0]}&token=${secrets[1]}&id_token=${secrets[2]}&accessToken=${secrets[3]}&tokenId=${secrets[4]}&passwordHash=${secrets[5]}`,
      accessToken: secrets[6],
      authorization: `Bearer ${token}`,
      password: secrets[7],
      tokenId: secrets[8],
      passwordHash: secrets[9],
      subject: secrets[10],
      referer: secrets[11],
    })
    const text = JSON.stringify(createLineParser('nginx-json', { key }).parseLine(line))
    for (const secret of [...secrets, token]) expect(text).not.toContain(secret)
    expect(text).toContain('"01234_BV"')
  })

  it('does not write into the line and keeps nothing of it', () => {
    const parser = createLineParser('nginx-json', { key })
    const line = Buffer.from(aLine({ uri: '/api/egw/ktMathe?username=01234_BV' }))
    const before = line.toString('latin1')
    const first = parser.parse(line)
    expect(line.toString('latin1')).toBe(before)
    line.fill(0x78)
    expect(first).toMatchObject({ account: '01234_BV', ip: '203.0.113.7' })
    // The same buffer with other content, as a reader of files does it.
    line.write(before.replace('01234_BV', '79001_TC'), 'latin1')
    expect(parser.parse(line)).toMatchObject({ account: '79001_TC' })
  })

  it.each(LOG_FORMATS)('answers any bytes as %s with a request of sound fields or a fault', (format) => {
    const parser = createLineParser(format, {
      key,
      ...(format === 'template' ? { template: '$remote_addr - - [$time_local] "$request" $status 1 "-" "-"' } : {}),
    })
    const sound = [
      aLine({ uri: '/api/egw/ktMathe?username=01234_BV', authorization: 'Bearer x', subject: 'x' }),
      '203.0.113.7 - - [22/Nov/2026:08:00:00 +0700] "GET /api/egw/ktMathe?username=01234_BV HTTP/1.1" 200 1 "-" "-"',
      '203.0.113.7:51000 [22/Nov/2026:08:00:00.250] f b/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0 {x} "GET /api/egw/ktMathe?username=01234_BV HTTP/1.1"',
    ]
    const changed = fc
      .tuple(fc.constantFrom(...sound), fc.array(fc.tuple(fc.nat(250), fc.nat(255)), { maxLength: 4 }), fc.nat(40))
      .map(([line, changes, cut]) => {
        const bytes = Buffer.from(line.slice(0, line.length - (cut > 30 ? cut : 0)))
        for (const [place, byte] of changes) if (place < bytes.length) bytes[place] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const request = parser.parse(bytes)
        if (request === undefined) {
          expect(LINE_FAULTS).toHaveProperty(parser.lastFault ?? 'none')
          return
        }
        expect(request.ip).toMatch(/^[0-9a-f:.]+$/)
        expect(request.account ?? '01234').toMatch(/^(\d{5}(_BV|_TC|_\d{12})?|\d{12})$/)
        expect(request.function).toMatch(/^[A-Za-z0-9/]+$/)
        expect(Number.isSafeInteger(request.atMs) && request.port <= 65_535 && request.status <= 999).toBe(true)
        expect((request.account === undefined) === (request.accountSource === undefined)).toBe(true)
      }),
      { seed: 31, numRuns: 2_000 },
    )
  })
})

describe('createAttributor', () => {
  it('forgets the address that took a token longest ago beyond its limit', () => {
    const attributor = createAttributor({ maxSources: 2 })
    const account = { name: '01234_BV', facility: '01234' }
    for (const [i, ip] of ['a', 'b', 'a', 'c'].entries()) attributor.remember(ip, account, i)
    expect(['a', 'b', 'c'].map((ip) => attributor.recall(ip, 5) !== undefined)).toEqual([true, false, true])
    expect(attributor.size).toBe(2)
  })

  it('keeps the later token when lines come out of order', () => {
    const attributor = createAttributor()
    attributor.remember('a', { name: '00002', facility: '00002' }, 2_000)
    attributor.remember('a', { name: '00001', facility: '00001' }, 1_000)
    expect(attributor.recall('a', 3_000)?.name).toBe('00002')
  })
})
