import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineParser } from '../../../rules/requests/log-format.ts'
import { parseLogTemplate } from '../../../rules/requests/log-template.ts'

const key = new Uint8Array(32).fill(1)
const OWN = '$remote_addr:$remote_port - $remote_user [$time_local] "$request" $status $bytes_sent "$http_user_agent"'

function faultOf(template: string): string | undefined {
  try {
    parseLogTemplate(template)
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ code: 'BAD_TEMPLATE' })
    return (error as Error).message.replace('Cannot use the log template: ', '')
  }
}

function parse(template: string, line: string) {
  return createLineParser('template', { key, template }).parseLine(line)
}

/** As nginx writes a value with `escape=default`. */
function asNginxWrites(bytes: Buffer): string {
  return [...bytes]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
        ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCodePoint(byte),
    )
    .join('')
}

describe('parseLogTemplate', () => {
  it.each<[string, string | undefined, string]>([
    ['$remote_addr [$time_local] "$request" $status', undefined, 'the shape of the common log'],
    [OWN, undefined, 'a user name between fixed things'],
    ['$msec|$remote_addr|"$request_uri"|$http_x', undefined, 'a foreign value at the end'],
    ['[$time_local] "$request"', 'column 25: the client is missing: $remote_addr', 'no client'],
    ['$remote_addr "$request"', 'column 24: the time is missing: $time_local, $time_iso8601 or $msec', 'no time'],
    ['$remote_addr $msec', 'column 19: the request is missing: $request or $request_uri', 'no request'],
    ['$remote_addr $msec "$request" $ $status', 'column 31: a name must follow the $, as in $status', 'a lone dollar'],
    ['$remote_addr$msec "$request"', 'column 13: nothing stands between $remote_addr and $msec', 'nothing between'],
    [
      '$remote_addr $msec $request $status',
      'column 20: a client chooses $request and could forge what follows it; put it into quotes: "$request"',
      'no quotes',
    ],
    [
      '$remote_addr $msec $host $remote_user "$request"',
      'column 20: a client chooses $host and could forge what follows it; put it into quotes: "$host"',
      'two open values in a row',
    ],
    ['$remote_addr $msec $time_local "$request"', 'column 20: $time_local tells again what stands there already', 'two times'],
    [
      '$remote_addr $msec "$request" "$request_uri"',
      'column 32: $request_uri tells again what stands there already',
      'two targets',
    ],
    ['$remote_addr\t$msec "$request"', 'column 13: only printable ASCII may stand in it', 'a tab'],
  ])('judges %j: %s', (template, fault) => {
    expect(faultOf(template)).toBe(fault)
  })

  it('takes no name from the prototype of objects', () => {
    expect(faultOf('$remote_addr $msec "$request" "$constructor" "$toString"')).toBeUndefined()
    expect(faultOf('$remote_addr $msec $constructor "$request" $status $constructor x $status')).toMatch(/^column \d+: /)
  })
})

describe('createLineParser of a template', () => {
  it.each([
    [
      '$remote_addr [$time_local] "$request" $status',
      '203.0.113.7 [22/Nov/2026:08:00:00 +0700] "GET /api/egw/Lskcb2025?username=01234_BV HTTP/1.1" 200',
    ],
    [
      '$time_iso8601 $status "$request_uri" $remote_addr',
      '2026-11-22T08:00:00+07:00 200 "/api/egw/Lskcb2025?username=01234_BV" 203.0.113.7',
    ],
    [
      '"$edgeward_uri" $status $remote_addr:$remote_port $msec',
      '"/api/egw/Lskcb2025?x=\\x22&username=01234_BV" 200 203.0.113.7:51000 1795309200.000',
    ],
    [
      '$remote_addr $msec $status "$request" "$account"',
      '203.0.113.7 1795309200.000 200 "POST /api/egw/Lskcb2025 HTTP/2" "01234_BV"',
    ],
  ])('reads %s', (template, line) => {
    expect(parse(template, line)).toMatchObject({
      ip: '203.0.113.7',
      account: '01234_BV',
      class: 'history',
      status: 200,
      atMs: Date.UTC(2026, 10, 22, 1),
    })
  })

  it.each([
    ['203.0.113.7 [22/Nov/2026:08:00:00 +0700] "GET / HTTP/1.1" 200 x', 'more than the template has'],
    ['203.0.113.7 [22/Nov/2026:08:00:00 +0700] "GET / HTTP/1.1"', 'cut short'],
    ['evil.example [22/Nov/2026:08:00:00 +0700] "GET / HTTP/1.1" 200', 'a name for the client'],
  ])('refuses %s: %s', (line) => {
    const parser = createLineParser('template', { key, template: '$remote_addr [$time_local] "$request" $status' })
    expect(parser.parseLine(line)).toBeUndefined()
    expect(parser.lastFault).toBe('BAD_LAYOUT')
  })

  it('gives what the proxy knew, whatever the client sent', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((it) => Buffer.from(it))
    const forged = fc
      .constantFrom(
        'x [01/Jan/2020:00:00:00 +0700] "GET /api/egw/Lskcb2025?username=99999_BV HTTP/1.1" 200 1 "',
        '198.51.100.9:1 - x [01/Jan/2020:00:00:00 +0700] ',
        '" 200 1 "',
        '\\x22 200 1 \\x22',
      )
      .map((it) => Buffer.from(it))
    const hostile = fc.oneof(bytes, forged)
    const parser = createLineParser('template', { key, template: OWN })
    fc.assert(
      fc.property(hostile, hostile, hostile, (user, tail, agent) => {
        const target = Buffer.concat([
          Buffer.from('/api/egw/ktMathe?username=01234_BV&x='),
          Buffer.from(tail.filter((byte) => byte > 0x20)),
        ])
        const line = `203.0.113.7:51000 - ${asNginxWrites(user)} [22/Nov/2026:08:00:00 +0700] "${asNginxWrites(Buffer.concat([Buffer.from('GET '), target, Buffer.from(' HTTP/1.1')]))}" 404 12 "${asNginxWrites(agent)}"`
        expect(parser.parseLine(line)).toMatchObject({
          ip: '203.0.113.7',
          port: 51000,
          account: '01234_BV',
          function: 'ktMathe',
          status: 404,
          atMs: Date.UTC(2026, 10, 22, 1),
        })
      }),
      { seed: 77, numRuns: 2_000 },
    )
  })
})
