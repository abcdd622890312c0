import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findSyslogContent } from '../../../rules/requests/find-syslog-content.ts'

function contentOf(message: Buffer): string {
  const padded = Buffer.concat([Buffer.from('<1>'), message, Buffer.from(' x: ')])
  const content = { start: -1, end: -1 }
  findSyslogContent(padded, 3, 3 + message.length, content)
  return padded.toString('latin1', content.start, content.end)
}

describe('findSyslogContent', () => {
  it.each([
    ['<190>Nov 22 08:00:00 edge-1 nginx: {"at":"x"}', '{"at":"x"}', 'nginx'],
    ['<190>Nov  2 08:00:00 nginx: {"at":"x"}', '{"at":"x"}', 'nginx without its host'],
    ['<134>Nov 22 08:00:00 haproxy[1234]: 203.0.113.7:1 [x] f\n', '203.0.113.7:1 [x] f', 'HAProxy'],
    ['<134>1 2026-11-22T08:00:00+07:00 edge haproxy 1234 - - a b', 'a b', 'RFC 5424'],
    [
      '<134>1 2026-11-22T08:00:00Z - - - - [x@1 a="\\]\\" x"][y] \u00ef\u00bb\u00bf{"a":1}',
      '{"a":1}',
      'RFC 5424 with data and a byte order mark',
    ],
    ['<134>{"at":"x"}', '{"at":"x"}', 'a priority alone'],
    ['{"at":"x"}\0', '{"at":"x"}', 'no header'],
    ['', '', 'nothing'],
    ['<134>', '', 'nothing but a priority'],
    ['<134>Nov 22 08:00:00 ', '', 'nothing but a time'],
    ['<134>Nov 22 08:00:00 a b c', 'a b c', 'no tag'],
    ['<1345>x', '<1345>x', 'no priority has four digits'],
    ['<134>1 2026', '', 'cut in the header'],
    ['<134>1 a b c d e [x', '', 'cut in the data'],
  ])('finds in %j what the proxy wrote: %s', (message, content) => {
    expect(contentOf(Buffer.from(message, 'latin1'))).toBe(content)
  })

  it('gives the whole line back behind any header, whatever it says', () => {
    const headers = fc.constantFrom(
      '<190>Nov 22 08:00:00 edge nginx: ',
      '<134>Nov 22 08:00:00 haproxy[9]: ',
      '<134>1 2026-11-22T08:00:00Z h a 1 - - ',
    )
    const line = fc
      .oneof(fc.string({ maxLength: 60 }), fc.constantFrom('<134>Nov 22 08:00:00 x: y', 'a: b: c', '[x] - ', ': '))
      .map((text) => Buffer.from(`{${text}}`))
    fc.assert(
      fc.property(headers, line, (header, bytes) => {
        expect(contentOf(Buffer.concat([Buffer.from(header), bytes]))).toBe(bytes.toString('latin1'))
      }),
      { seed: 3164, numRuns: 1_000 },
    )
  })
})
