import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineParser, type LogDialect } from '../../../rules/requests/log-format.ts'
import { type Known, makeHostileLog, PROXY_WRITERS } from '../../support/hostile-log.ts'
import { createSeeded } from '../../support/seeded.ts'

const KEY = new Uint8Array(32).fill(1)
const JSON_HEAD = '{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7","uri":"/x","status":"200"'
const COMBINED_HEAD = '203.0.113.7 - - [22/Nov/2026:08:00:00 +0700] "GET /x HTTP/1.1" 200 812'
const HAPROXY_HEAD = '203.0.113.7:51000 [22/Nov/2026:08:00:00.250] https~ portal/s1 10/0/30/69/109 200 812 - - ---- 1/1/1/1/0 0/0'
const REQUEST = '"GET /x HTTP/1.1"'
const json: LogDialect = { format: 'nginx-json' }
const combined: LogDialect = { format: 'combined' }
const haproxy: LogDialect = { format: 'haproxy', haproxyUserAgent: 2 }
const template = (tail: string): LogDialect => ({
  format: 'template',
  template: `$remote_addr [$time_local] "$request" $status ${tail}`,
})
const TEMPLATE_HEAD = '203.0.113.7 [22/Nov/2026:08:00:00 +0700] "GET /x HTTP/1.1" 200'
const WRITTEN: readonly LogDialect[] = [json, combined, { format: 'haproxy', haproxyUserAgent: 1 }]

function clientIn(dialect: LogDialect, line: string | Buffer): string | undefined {
  const parser = createLineParser(dialect.format, { key: KEY, ...dialect })
  const text = Buffer.isBuffer(line) ? line : Buffer.from(line, 'latin1')
  const padded = Buffer.concat([Buffer.from('another line\n'), text, Buffer.from('\n')])
  const [start, end] = [13, padded.length - 1]
  expect(parser.parse(padded, start, end)).toBeDefined()
  return parser.findClient(padded, start, end)
}

describe('findClient', () => {
  it.each<[reason: string, dialect: LogDialect, line: string, client: string | undefined]>([
    ['the JSON log', json, `${JSON_HEAD},"userAgent":"HIS 2.1"}`, 'HIS 2.1'],
    ['a key before the others', json, `{"userAgent":"HIS",${JSON_HEAD.slice(1)}}`, 'HIS'],
    ['escapes of JSON', json, String.raw`${JSON_HEAD},"userAgent":"a\"\\\u0001\tb"}`, 'a"\\\u0001\tb'],
    ['bytes beyond ASCII, as they are', json, `${JSON_HEAD},"userAgent":"\xc3\xff"}`, '\xc3\xff'],
    ['a JSON log of before', json, `${JSON_HEAD}}`, undefined],
    ['an empty value', json, `${JSON_HEAD},"userAgent":""}`, ''],
    ['how HAProxy writes an empty value', json, `${JSON_HEAD},"userAgent":"-"}`, ''],
    ['a value that is no text', json, `${JSON_HEAD},"userAgent":null}`, undefined],
    ['a key of another object', json, `${JSON_HEAD},"x":{"userAgent":"HIS"}}`, undefined],
    ['the name as a value', json, `${JSON_HEAD},"host":"userAgent"}`, undefined],
    ['a forged key in a value', json, String.raw`${JSON_HEAD},"host":"\",\"userAgent\":\"HIS"}`, undefined],
    ['a byte order mark and CRLF', json, `\xef\xbb\xbf${JSON_HEAD},"userAgent":"HIS"}\r`, 'HIS'],
    ['combined', combined, `${COMBINED_HEAD} "-" "HIS 2.1"`, 'HIS 2.1'],
    ['fields behind it', combined, `${COMBINED_HEAD} "-" "HIS 2.1" "203.0.113.9"\r`, 'HIS 2.1'],
    ['nginx escapes', combined, String.raw`${COMBINED_HEAD} "\x22 \x22x" "\x22HIS\x5C\xC3"`, '"HIS\\\xc3'],
    ['Apache escapes', combined, String.raw`${COMBINED_HEAD} "\" \"x\"" "\"HIS\\\t\xc3"`, '"HIS\\\t\xc3'],
    ['none sent', combined, `${COMBINED_HEAD} "-" "-"`, ''],
    ['common', combined, COMBINED_HEAD, undefined],
    ['a line cut short', combined, `${COMBINED_HEAD} "-" "HI`, undefined],
    ['a virtual host in front', combined, `egw.example ${COMBINED_HEAD} "-" "HIS"`, 'HIS'],
    [
      'the second header that HAProxy captured',
      haproxy,
      `${HAPROXY_HEAD} {egw.example|HIS#7C#7D#22#231|x} {y} ${REQUEST}`,
      'HIS|}"#1',
    ],
    ['captures of the request alone', haproxy, `${HAPROXY_HEAD} {|HIS} ${REQUEST}`, 'HIS'],
    ['none sent', haproxy, `${HAPROXY_HEAD} {egw.example|} ${REQUEST}`, ''],
    ['fewer captures', haproxy, `${HAPROXY_HEAD} {egw.example} ${REQUEST}`, undefined],
    ['no captures', haproxy, `${HAPROXY_HEAD} ${REQUEST}`, undefined],
    ['captures in the request line', haproxy, `${HAPROXY_HEAD} "GET /x {a|b} "`, undefined],
    ['captures that nobody named', { format: 'haproxy' }, `${HAPROXY_HEAD} {a|b} ${REQUEST}`, undefined],
    ['a template', template('"$http_user_agent"'), String.raw`${TEMPLATE_HEAD} "HIS\x22"`, 'HIS"'],
    ['a template with the shipped variable', template('"$edgeward_agent"'), `${TEMPLATE_HEAD} "-"`, ''],
    ['a template without it', template('"$http_referer"'), `${TEMPLATE_HEAD} "HIS"`, undefined],
  ])('finds %s', (_reason, dialect, line, expected) => {
    expect(clientIn(dialect, line)).toBe(expected)
  })

  it.each(WRITTEN)('gives back what a client sent and $format wrote, whatever it is', (dialect) => {
    const known: Known = { ip: '20.1.2.3', port: 1, atMs: Date.UTC(2026, 10, 22), status: 200, account: undefined }
    const write = PROXY_WRITERS[dialect.format as keyof typeof PROXY_WRITERS]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const agent = Buffer.from(bytes)
        fc.pre(agent.toString('latin1') !== '-')
        expect(clientIn(dialect, write(known, Buffer.from('/x'), agent))).toBe(agent.toString('latin1'))
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  it.each(WRITTEN)('answers for every line of a hostile log of $format that gave a request', (dialect) => {
    const parser = createLineParser(dialect.format, { key: KEY, ...dialect })
    let told = 0
    for (const { bytes } of makeHostileLog(dialect.format as keyof typeof PROXY_WRITERS, 2000, createSeeded(5))) {
      if (parser.parse(bytes) !== undefined && parser.findClient(bytes, 0, bytes.length) !== undefined) told += 1
    }
    expect(told).toBeGreaterThan(1000)
  })

  it('reads 8 KB of a program name in each format', () => {
    const agent = Buffer.from('"{}|#\\\xff\u0001'.repeat(1024), 'latin1')
    const known: Known = { ip: '20.1.2.3', port: 1, atMs: Date.UTC(2026, 10, 22), status: 200, account: undefined }
    for (const dialect of WRITTEN) {
      const line = PROXY_WRITERS[dialect.format as keyof typeof PROXY_WRITERS](known, Buffer.from('/x'), agent)
      expect(clientIn(dialect, line)).toBe(agent.toString('latin1'))
    }
  })
})
