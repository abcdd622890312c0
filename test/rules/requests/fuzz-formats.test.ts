import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineParser, LOG_FORMATS, type LogDialect } from '../../../rules/requests/log-format.ts'
import { type Known, PROXY_WRITERS } from '../../support/hostile-log.ts'
import { type LineAnswer, readGenerally, readInPieces } from '../../support/judge-lines.ts'
import { createSeeded } from '../../support/seeded.ts'

const KEY = new Uint8Array(32).fill(1)
/** What nginx calls `combined`: the reader of any template and the one of `combined` must say the same of each line that nginx writes. */
const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
const WRITTEN = ['nginx-json', 'combined', 'haproxy'] as const
const DIALECTS: readonly LogDialect[] = LOG_FORMATS.map((format) =>
  format === 'template' ? { format, template: COMBINED } : { format },
)

/** Pieces that mean something to a reader, so that chance finds what it would take for ever to find. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 24 }),
  fc
    .constantFrom(
      '"',
      '\\',
      '\\"',
      '\\u0022',
      '\\x22',
      '#22',
      '","account":"99999_BV',
      '"ip":"198.51.100.9",',
      '?username=99999_BV',
      'username=99999_BV HTTP/1.1" 200 1 "-" "-"',
      '[01/Jan/2020:00:00:00 +0700] ',
      '"at":"2020-01-01T00:00:00Z"',
      '198.51.100.9:1 [01/Jan/2020:00:00:00.000] f b/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0 "GET /',
      ' - - ',
      '{',
      '}',
      '\r',
      '\0',
      '\u00ef\u00bb\u00bf',
      '%00',
      '%22',
      '=',
      '?',
      '/',
    )
    .map((text) => Buffer.from(text, 'latin1')),
)
const bytes = fc.array(piece, { maxLength: 6 }).map((pieces) => Buffer.concat(pieces))
/** What a client may send in its request line: no line feed, no space. */
const inTarget = bytes.map((all) => all.filter((byte) => byte > 0x20 && byte !== 0x7f))
/** Without what would begin another parameter: this must name nobody. */
const nameless = inTarget.map((all) => all.filter((byte) => byte !== 0x26 && byte !== 0x23))
const known: fc.Arbitrary<Known> = fc.record({
  ip: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => `20.${parts.join('.')}`),
  port: fc.integer({ min: 1, max: 65_535 }),
  atMs: fc.integer({ min: 0, max: 10 ** 9 }).map((seconds) => Date.UTC(2020, 0, 1) + seconds * 1000),
  status: fc.integer({ min: 100, max: 599 }),
  account: fc.option(
    fc
      .tuple(fc.nat(99_999), fc.constantFrom('_BV', '_TC', ''))
      .map(([code, suffix]) => `${String(code).padStart(5, '0')}${suffix}`),
    { nil: undefined },
  ),
})

function parserOf(dialect: LogDialect) {
  return createLineParser(dialect.format, { key: KEY, ...dialect })
}

function readOnce(dialect: LogDialect, line: Uint8Array): LineAnswer {
  const parser = parserOf(dialect)
  return parser.parse(line) ?? parser.lastFault ?? 'EMPTY_LINE'
}

function targetOf(account: string | undefined, before: Uint8Array, after: Uint8Array): Buffer {
  const name = account === undefined ? '' : `&username=${account}`
  const rest = account === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.from('&'), after])
  return Buffer.concat([Buffer.from('/api/egw/KQNhanLichSuKCB2024?x='), before, Buffer.from(name), rest])
}

describe.each(DIALECTS)('the reader of $format', (dialect) => {
  it('throws for no bytes at all, and gives a request or the reason why not', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), (parts) => {
        const line = Buffer.concat(parts)
        const parser = parserOf(dialect)
        const request = parser.parse(line)
        expect(parser.lastRequest).toBe(request)
        expect(parser.lastFault === undefined).toBe(request !== undefined)
      }),
      { seed: 11, numRuns: 300 },
    )
  })

  it('throws for no line that was changed a little, and gives no account that the portal does not have', () => {
    const change = fc.tuple(fc.nat(), piece, fc.nat(12))
    fc.assert(
      fc.property(known, fc.array(change, { minLength: 1, maxLength: 3 }), (facts, changes) => {
        const format = dialect.format === 'template' ? 'combined' : dialect.format
        const whole = PROXY_WRITERS[format](
          facts,
          targetOf(facts.account, Buffer.from('1'), Buffer.from('y=2')),
          Buffer.from('HIS'),
        )
        const line = changes.reduce((each, [place, put, taken]) => {
          const at = place % (each.length + 1)
          return Buffer.concat([each.subarray(0, at), put, each.subarray(at + taken)])
        }, whole)
        const answer = readOnce(dialect, line)
        if (typeof answer === 'string' || answer.account === undefined) return
        expect(answer.account).toMatch(/^(?:\d{5}(?:_(?:BV|TC|\d{12}))?|\d{12})$/)
      }),
      { seed: 12, numRuns: 300 },
    )
  })

  it('reads what the proxy knew, whatever the client sent', () => {
    fc.assert(
      fc.property(known, nameless, inTarget, bytes, (facts, before, after, agent) => {
        const format = dialect.format === 'template' ? 'combined' : dialect.format
        // The name of a user that logged in by HTTP has no space: nginx writes what the client sent up to there.
        const program = agent.filter((byte) => byte !== 0x20)
        const line = PROXY_WRITERS[format](facts, targetOf(facts.account, before, after), Buffer.from(program))
        const { ip, atMs, status, account } = facts
        expect(readOnce(dialect, line)).toMatchObject({ ip, atMs, status, account, facility: account?.slice(0, 5) })
      }),
      { seed: 13, numRuns: 300 },
    )
  })
})

describe('the quick reader and the slow one', () => {
  const line = fc.oneof(
    fc.tuple(known, nameless, inTarget, bytes).map(([facts, before, after, agent]) => ({ facts, before, after, agent, cut: 0 })),
    fc
      .tuple(known, nameless, inTarget, bytes, fc.nat(400))
      .map(([facts, before, after, agent, cut]) => ({ facts, before, after, agent, cut })),
  )

  it.each(WRITTEN)('say the same of a log of %s, in any pieces', (format) => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.nat(), (all, seed) => {
        const lines = all.map(({ facts, before, after, agent, cut }) => {
          const whole = PROXY_WRITERS[format](facts, targetOf(facts.account, before, after), agent)
          return whole.subarray(0, cut === 0 ? whole.length : Math.min(cut, whole.length)).filter((byte) => byte !== 0x0a)
        })
        const asBuffers = lines.map((each) => Buffer.from(each))
        const inPieces = readInPieces(format, asBuffers, createSeeded(seed))
        const parser = createLineParser(format, { key: KEY })
        const oneByOne = asBuffers.map((each) => parser.parse(each) ?? parser.lastFault ?? 'EMPTY_LINE')
        expect(inPieces).toEqual(format === 'nginx-json' ? readGenerally(asBuffers) : oneByOne)
      }),
      { seed: 14, numRuns: 120 },
    )
  })

  it('say the same of nginx’s combined log, read as such and as a template', () => {
    fc.assert(
      fc.property(known, nameless, inTarget, bytes, ({ account, ...facts }, before, after, agent) => {
        const program = Buffer.from(agent.filter((byte) => byte !== 0x20))
        const written = PROXY_WRITERS.combined({ ...facts, account }, targetOf(account, before, after), program)
        expect(readOnce({ format: 'template', template: COMBINED }, written)).toEqual(readOnce({ format: 'combined' }, written))
      }),
      { seed: 15, numRuns: 300 },
    )
  })
})
