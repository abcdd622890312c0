import { asked, BAD, BAD_QUERIES, type Expected, GOOD, NAMED, OLD, OLD_PATHS, OTHER_PATHS, TOKEN, U } from './bypass-cases.ts'
import type { RawStream } from './raw-http2.ts'

const HEAD = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'egw.example'],
] as const

function stream(path: string, more: readonly (readonly [string, string])[] = [], body?: string): RawStream {
  return { fields: [...HEAD, [':path', path], ...more], ...(body === undefined ? {} : { body }) }
}

/** The same for HTTP/2; each on a connection of its own, a request that must not pass behind it. */
export const BYPASS_HTTP2: readonly (readonly [name: string, stream: RawStream, expected?: Expected])[] = [
  ['that may pass', stream(GOOD), 'passes'],
  ['that may not', stream(BAD), 'stops'],
  ...OLD_PATHS.filter((path) => path.startsWith('/')).map(
    (path) => [path, stream(`${path}?username=${NAMED}&case`), 'stops'] as const,
  ),
  ...OTHER_PATHS.map((path) => [path, stream(`${path}?username=${NAMED}&case`)] as const),
  ...BAD_QUERIES.map((query) => [query, stream(`${U}?${query}&case`), 'stops'] as const),
  ['a token', stream(`${U}?case`, [['accesstoken', TOKEN]]), 'stops'],
  [
    'two tokens',
    stream(GOOD, [
      ['accesstoken', 'x'],
      ['accesstoken', TOKEN],
    ]),
  ],
  [
    'two authorizations',
    stream(GOOD, [
      ['authorization', 'Bearer x'],
      ['authorization', `Bearer ${TOKEN}`],
    ]),
  ],
  [
    'forged headers',
    stream(GOOD, [
      ['x-real-ip', '192.0.2.9'],
      ['x-forwarded-for', '192.0.2.9'],
      ['x_real_ip', '192.0.2.9'],
      ['forwarded', 'for=192.0.2.9'],
      ['x-original-url', OLD],
    ]),
    'passes',
  ],
  ['capitals in a name', stream(GOOD, [['X-Real-IP', '192.0.2.9']])],
  ['two paths', stream(GOOD, [[':path', BAD]])],
  ['a path behind the headers', { fields: [...HEAD, ['x', 'y'], [':path', BAD]] }],
  ['an empty path', stream('')],
  ['a path without a slash', stream('x')],
  ['two methods', stream(GOOD, [[':method', 'CONNECT']])],
  ['an unknown pseudo header', stream(GOOD, [[':x', 'y']])],
  ['a path with a blank', stream(`${GOOD.replace('&case', '')} HTTP/1.1\r\nHost: x\r\n\r\nGET ${BAD}`)],
  [
    'a method with a line',
    {
      fields: [
        [':method', `GET ${BAD} HTTP/1.1\r\nHost: x\r\n\r\nGET`],
        [':scheme', 'http'],
        [':authority', 'x'],
        [':path', GOOD],
      ],
    },
  ],
  [
    'an authority with a line',
    {
      fields: [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':authority', `x\r\nX-Real-IP: 192.0.2.9`],
        [':path', GOOD],
      ],
    },
  ],
  [
    'a scheme with a line',
    {
      fields: [
        [':method', 'GET'],
        [':scheme', `http://x${BAD} HTTP/1.1\r\nHost: x\r\n\r\n`],
        [':authority', 'x'],
        [':path', GOOD],
      ],
    },
  ],
  ['a value with a line', stream(GOOD, [['x', `y\r\n\r\n${asked(BAD)}`]])],
  ['a value with a line feed', stream(GOOD, [['x', 'y\nX-Real-IP: 192.0.2.9']])],
  ['a value with a NUL', stream(GOOD, [['x', 'y\u0000z']])],
  ['a name with a colon', stream(GOOD, [['x: y\r\nx-real-ip', '192.0.2.9']])],
  ['a name with a blank', stream(GOOD, [['transfer-encoding ', 'chunked']])],
  ['an empty name', stream(GOOD, [['', 'x']])],
  ['H2.TE', stream(GOOD, [['transfer-encoding', 'chunked']], `0\r\n\r\n${asked(BAD)}`)],
  ['H2.CL of nothing', stream(GOOD, [['content-length', '0']], asked(BAD))],
  ['H2.CL too long', stream(GOOD, [['content-length', '500']], 'x')],
  [
    'two lengths',
    stream(
      GOOD,
      [
        ['content-length', '3'],
        ['content-length', '0'],
      ],
      'abc',
    ),
  ],
  [
    'connection: upgrade',
    stream(GOOD, [
      ['connection', 'upgrade'],
      ['upgrade', 'websocket'],
    ]),
  ],
  [
    'a tunnel',
    {
      fields: [
        [':method', 'CONNECT'],
        [':authority', 'egw.example:443'],
      ],
      body: asked(BAD),
    },
  ],
  [
    'an extended tunnel',
    {
      fields: [
        [':method', 'CONNECT'],
        [':protocol', 'websocket'],
        [':scheme', 'http'],
        [':authority', 'egw.example'],
        [':path', GOOD],
      ],
      body: asked(BAD),
    },
  ],
  [
    'TRACE',
    {
      fields: [
        [':method', 'TRACE'],
        [':scheme', 'http'],
        [':authority', 'egw.example'],
        [':path', GOOD],
      ],
    },
    'stops',
  ],
  ['host beside authority', stream(GOOD, [['host', 'other.example']])],
  [
    'a cookie in pieces',
    stream(GOOD, [
      ['cookie', 'a=1'],
      ['cookie', 'b=2'],
    ]),
    'passes',
  ],
  ['a path of 20 KB', stream(`/${'x'.repeat(20_000)}/..${OLD}?case`)],
  [
    '300 headers',
    stream(
      BAD,
      Array.from({ length: 300 }, (_, i) => [`x-${i}`, String(i)] as const),
    ),
  ],
]

/** Goes behind each stream. */
export const HTTP2_AFTER: RawStream = stream(BAD.replace('&case', '&after'))
