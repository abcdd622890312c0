import { describe, expect, it } from 'vitest'
import { createLineParser, type LineParserOptions, type LogFormat } from '../../../rules/requests/log-format.ts'

const KEY = new Uint8Array(32).fill(1)
const SECOND = 1000

/** What a line says of its time, in each format; a format without offset is told that of its host. */
function read(format: LogFormat, text: string, options: Partial<LineParserOptions> = {}) {
  const uri = '/api/egw/KQNhanLichSuKCB2019?username=01234_BV'
  const line = {
    'nginx-json': JSON.stringify({ at: text, ip: '203.0.113.7', uri, status: 200 }),
    combined: `203.0.113.7 - - [${text}] "GET ${uri} HTTP/1.1" 200 1 "-" "-"`,
    haproxy: `203.0.113.7:5 [${text}] f b/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0 "GET ${uri} HTTP/1.1"`,
    template: `${text} 203.0.113.7 "${uri}"`,
  }[format]
  const parser = createLineParser(format, { key: KEY, ...options })
  return parser.parseLine(line) ?? parser.lastFault
}

function atMs(format: LogFormat, text: string, options?: Partial<LineParserOptions>): number {
  const request = read(format, text, options)
  return typeof request === 'object' ? request.atMs : NaN
}

describe('times around a change of the clock', () => {
  it.each<[string, string, number, string]>([
    ['2026-03-29T01:59:59+01:00', '2026-03-29T03:00:00+02:00', SECOND, 'Berlin, spring: an hour of the wall is left out'],
    ['2026-10-25T02:59:59+02:00', '2026-10-25T02:00:00+01:00', SECOND, 'Berlin, autumn: an hour of the wall comes twice'],
    ['2026-10-25T02:30:00+02:00', '2026-10-25T02:30:00+01:00', 3600 * SECOND, 'the same wall time, an hour apart'],
    ['2026-03-08T01:59:59-05:00', '2026-03-08T03:00:00-04:00', SECOND, 'New York'],
    ['2026-04-05T01:59:59+11:00', '2026-04-05T01:30:00+10:30', SECOND, 'Lord Howe: half an hour'],
    ['2026-09-27T02:44:59+12:45', '2026-09-27T03:45:00+13:45', SECOND, 'Chatham: quarters of an hour'],
    ['2026-03-08T01:59:59-03:30', '2026-03-08T03:00:00-02:30', SECOND, 'St. John’s: west of Greenwich, with half an hour'],
    ['2026-12-31T23:59:59+07:00', '2027-01-01T00:00:00+07:00', SECOND, 'New Year'],
    ['2026-12-31T16:59:59Z', '2027-01-01T00:00:00+07:00', SECOND, 'New Year, on two hosts'],
    ['2027-01-01T00:00:00+14:00', '2026-12-31T23:59:59-12:00', 26 * 3600 * SECOND - SECOND, 'from the first place to the last'],
    ['2028-02-28T23:59:59+07:00', '2028-02-29T00:00:00+07:00', SECOND, 'into a leap day'],
    ['2028-02-29T23:59:59+07:00', '2028-03-01T00:00:00+07:00', SECOND, 'out of a leap day'],
    ['2027-02-28T23:59:59+07:00', '2027-03-01T00:00:00+07:00', SECOND, 'no leap day'],
    ['2028-02-29T16:59:59Z', '2028-03-01T00:00:00+07:00', SECOND, 'out of a leap day, on two hosts'],
    ['2000-02-29T12:00:00Z', '2000-03-01T12:00:00Z', 86_400 * SECOND, 'a century with one'],
    ['2100-02-28T12:00:00Z', '2100-03-01T12:00:00Z', 86_400 * SECOND, 'a century without'],
    ['2026-06-30T23:59:59.999+07:00', '2026-07-01T00:00:00+07:00', 1, 'the end of a half year, to the millisecond'],
  ])('from %s to %s are %i ms: %s', (from, to, ms) => {
    expect(atMs('nginx-json', to) - atMs('nginx-json', from)).toBe(ms)
    // nginx writes no `Z` and no fraction there.
    if (from.length + to.length === 50) expect(atMs('template', to, TEMPLATE) - atMs('template', from, TEMPLATE)).toBe(ms)
    const [whole, other] = [from, to].map((text) => atMs('combined', clfOf(text)))
    expect((other ?? NaN) - (whole ?? NaN)).toBe(Math.ceil(ms / SECOND) * SECOND)
    expect(atMs('nginx-json', from)).toBe(Date.parse(from))
  })

  it.each([
    '2026-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2026-12-31T24:00:00Z',
    '2016-12-31T23:59:60Z',
    '2026-13-01T00:00:00Z',
    '2026-03-29T02:30:00',
    '2026-03-29T02:30:00 Europe/Berlin',
    '2026-03-29T02:30:00+14:01',
    '2026-03-29T02:30:00+07:60',
  ])('%s is no time: not guessed, not counted', (text) => {
    expect(read('nginx-json', text)).toBe('BAD_TIME')
    expect(read('template', text, TEMPLATE)).toMatch(/BAD_(?:TIME|LAYOUT)/)
    expect(read('combined', clfOf(text))).toMatch(/BAD_(?:TIME|LAYOUT)/)
  })

  it.each([
    ['31/Dec/2026:23:59:59.999', 420, '2026-12-31T23:59:59.999+07:00'],
    ['01/Jan/2027:00:00:00.000', 420, '2027-01-01T00:00:00+07:00'],
    ['31/Dec/2026:17:00:00.000', 0, '2027-01-01T00:00:00+07:00'],
    ['29/Feb/2028:23:59:59.001', -210, '2028-02-29T23:59:59.001-03:30'],
  ])('a HAProxy log that says %s at %i minutes means %s', (text, haproxyOffsetMinutes, expected) => {
    expect(atMs('haproxy', text, { haproxyOffsetMinutes })).toBe(Date.parse(expected))
  })
})

describe('the date on which functions stop (1923/BHXH-CNTT §1c)', () => {
  it.each([
    ['2024-07-31T23:59:59.999+07:00', false],
    ['2024-08-01T00:00:00+07:00', true],
    ['2024-07-31T16:59:59Z', false],
    ['2024-07-31T17:00:00Z', true],
    ['2024-08-01T00:00:00+14:00', false],
    ['2024-07-31T13:00:00-04:00', true],
    ['2024-07-31T12:59:59-04:00', false],
  ])('%s, in whatever zone it is written: retired is %s', (text, retired) => {
    expect(read('nginx-json', text)).toMatchObject({ function: 'KQNhanLichSuKCB2019', retired })
    expect(read('combined', clfOf(text))).toMatchObject({ retired })
  })
})

const TEMPLATE = { template: '$time_iso8601 $remote_addr "$request_uri"' }

/** The same wall time and offset in the common log format, whole seconds. */
function clfOf(text: string): string {
  const [, year, month, day, clock, offset = ''] = /^(\d+)-(\d+)-(\d+)T([\d:]{8})(?:\.\d+)?(.*)$/.exec(text) ?? []
  const name = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][Number(month) - 1]
  return `${day}/${name}/${year}:${clock} ${offset === 'Z' ? '+0000' : offset.replace(':', '')}`
}
