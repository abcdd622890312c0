import { anAccessToken } from './access-token.ts'

const CITIZEN = '0'.repeat(12)
export const NAMED = `01234_${CITIZEN}`
/** Held back by detection; only a token names it here. */
export const SUSPENDED = `01236_${CITIZEN}`

export const U = '/api/egw/KQNhanLichSuKCB2024'
export const OLD = '/api/egw/KQNhanLichSuKCB2018'
/** May pass: a named account, a function of today. */
export const GOOD = `${U}?username=${NAMED}&case`
/** Must not: the account names no person. */
export const BAD = `${U}?username=01234_BV&case`
export const TOKEN = anAccessToken(SUSPENDED)
const GOOD_TOKEN = anAccessToken(NAMED)

/** What comes of a request with `case` in its target; not given: the portal's reading decides, and either is right. */
export type Expected = 'passes' | 'stops' | undefined
/** A connection's bytes; the last request on it ends it. */
export type BypassCase = readonly [name: string, bytes: string, expected?: Expected]

const END = 'Host: egw.example\r\nConnection: close\r\n\r\n'

export function asked(target: string, more = '', method = 'GET', version = '1.1'): string {
  return `${method} ${target} HTTP/${version}\r\n${more}${END}`
}

function posted(target: string, body: string, more = ''): string {
  return `POST ${target} HTTP/1.1\r\n${more}Content-Length: ${body.length}\r\n${END}${body}`
}

/** Spellings of a function that is stopped. */
export const OLD_PATHS = [
  OLD,
  '/API/eGw/kqnhanlichsukcb2018',
  '/api/egw/NhanLichSuKCB2018',
  '/api/egw/api/egw/NhanLichSuKCB2018',
  '/api/egw/%4bQNhanLichSuKCB2018',
  '/api/egw/%4BQNhanLichSuKCB2018',
  '/%61%70%69/%65%67%77/%6eHAN%4cichsukcb2018',
  '/api/egw/%u004bQNhanLichSuKCB2018',
  '/api/egw/x/../KQNhanLichSuKCB2018',
  '/api/egw/x/%2e%2e/KQNhanLichSuKCB2018',
  '/api/egw/x/.%2E/KQNhanLichSuKCB2018',
  '/../../api/egw/KQNhanLichSuKCB2018',
  '/api/./egw/%2e/KQNhanLichSuKCB2018',
  '//api///egw//KQNhanLichSuKCB2018//',
  '/api%2fegw%2FKQNhanLichSuKCB2018',
  '/api\\egw\\KQNhanLichSuKCB2018',
  '/api%5cegw%5CKQNhanLichSuKCB2018',
  '/x\\..\\api/egw/KQNhanLichSuKCB2018',
  `${OLD};jsessionid=1`,
  '/api;a=b/egw;c/KQNhanLichSuKCB2018;d',
  `${OLD}.`,
  `${OLD}...`,
  `${OLD}%2e`,
  `${OLD}%20`,
  `${OLD}/x/y`,
  '/(S(abc))/api/egw/KQNhanLichSuKCB2018',
  '/api/(A(x)S(y))/egw/KQNhanLichSuKCB2018',
  `http://egw.example${OLD}`,
  `HTTPS://egw.example:443${OLD}`,
  `http://a:b@egw.example${OLD}`,
]

/** What a lenient reader might take for that function, and ours does not: the portal then reads another one. */
export const OTHER_PATHS = [
  '/api/egw/%254bQNhanLichSuKCB2018',
  '/api/egw/%25%34bQNhanLichSuKCB2018',
  `${OLD}%00`,
  '/api/egw/KQNhan%00LichSuKCB2018',
  '/api%c0%afegw%c0%afKQNhanLichSuKCB2018',
  '/x/%c0%ae%c0%ae/api/egw/KQNhanLichSuKCB2018',
  '/api%e0%80%afegw/KQNhanLichSuKCB2018',
  '/api/egw/%EF%BC%ABQNhanLichSuKCB2018',
  '/api/egw/\u00ff\u00feKQNhanLichSuKCB2018',
  `${OLD}%3fx`,
  `${OLD}%23x`,
  `${OLD}#x`,
  `/#${OLD}`,
  `/x#/../api/egw/KQNhanLichSuKCB2018`,
  '/api/egw/KQNhanLichSuKCB2018\u0000',
  '/api/egw/KQNhanLichSuKCB2018\t',
  '/api/egw/ KQNhanLichSuKCB2018',
  'api/egw/KQNhanLichSuKCB2018',
  'ftp://egw.example/api/egw/KQNhanLichSuKCB2018',
  'http:///api/egw/KQNhanLichSuKCB2018',
]

/** Spellings of the shared account, behind whose name nobody stands. */
export const BAD_QUERIES = [
  'username=01234_BV',
  'UserName=01234_bv',
  'user%6eame=01234_BV',
  '%75%73%65%72%6e%61%6d%65=%30%31%32%33%34%5f%42%56',
  'username=01234%5FBV',
  'username=%2001234_BV+',
  'username=%EF%BC%90%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94_BV',
  'username=01234_BV%00',
  'username=01234%E2%80%8B_BV',
  'username=%u0030%u0031234_BV',
  'a=1&&username=01234_BV',
  `username=01234_BV&username=${NAMED}`,
  `username=01234_BV&user%6eame=${NAMED}`,
  `x=%26username=${NAMED}&username=01234_BV`,
  `x=?username=${NAMED}&username=01234_BV`,
]

/** A token in the places where the portal takes one: the account behind it is suspended. */
const TOKENS: readonly BypassCase[] = [
  ['accessToken', posted(`${U}?case`, '', `accessToken: ${TOKEN}\r\n`), 'stops'],
  ['ACCESSTOKEN', posted(`${U}?case`, '', `ACCESSTOKEN:\t${TOKEN}  \r\n`), 'stops'],
  ['Bearer', posted(`${U}?case`, '', `authorization: bearer   ${TOKEN}\r\n`), 'stops'],
  ['a token of the query', asked(`${U}?case&token=${encodeURIComponent(TOKEN)}`), 'stops'],
  ['a token of the query under a spelled name', asked(`${U}?case&%74oken=${TOKEN}`), 'stops'],
  ['accesstoken of the query under a spelled name', asked(`${U}?case&access%54oken=${TOKEN}`), 'stops'],
  ['another name beside the token', asked(GOOD, `accessToken: ${TOKEN}\r\n`), 'stops'],
  ['two tokens, the bad one first', asked(`${U}?case`, `accessToken: ${TOKEN}\r\naccessToken: ${GOOD_TOKEN}\r\n`)],
  ['two tokens, the bad one last', asked(`${U}?case`, `accessToken: ${GOOD_TOKEN}\r\naccessToken: ${TOKEN}\r\n`)],
  ['two tokens in a named request', asked(GOOD, `accessToken: x\r\naccessToken: ${TOKEN}\r\n`)],
  ['two tokens, the first empty', asked(GOOD, `accessToken: \r\naccessToken: ${TOKEN}\r\n`)],
  ['two authorizations', asked(GOOD, `Authorization: Bearer x\r\nAuthorization: Bearer ${TOKEN}\r\n`)],
  ['a token under an underscore', asked(GOOD, `access_token: ${TOKEN}\r\n`), 'passes'],
]

/** What a client says about itself that only a proxy may say. */
const FORGED_HEADERS = [
  'X-Forwarded-For: 192.0.2.9',
  'X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-For: 192.0.2.10',
  'X-FORWARDED-FOR:192.0.2.9, 127.0.0.1',
  'X_Forwarded_For: 192.0.2.9',
  'X-Real-IP: 192.0.2.9\r\nX-Real-Port: 1',
  'X_Real_IP: 192.0.2.9\r\nX-Real_IP: 192.0.2.9',
  'Forwarded: for=192.0.2.9;proto=https',
  `X-Original-URI: ${GOOD}\r\nX-Original-Method: GET`,
  `X-Original-URL: ${OLD}\r\nX-Rewrite-URL: ${OLD}`,
  `X_Original_URL: ${OLD}\r\nX_Rewrite_URL: ${OLD}`,
  'X-Edgeward-Status: 204\r\nX-Edgeward-Reason: NONE\r\nX-Edgeward-Rehearsal: NONE\r\nX_Edgeward_Status: 204',
  'X-HTTP-Method-Override: PUT\r\nX-HTTP-Method: PUT\r\nX-Method-Override: PUT',
  'Connection: X-Real-IP, X-Forwarded-For, accessToken',
  'Via: 1.1 proxy\r\nX-Forwarded-Host: x\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Server: x',
]

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'PROPFIND', 'MADEUP', 'M-SEARCH', 'get']
/** Neither of the two proxies lets these through at all. */
const NO_METHODS = ['TRACE', 'CONNECT', 'G@T', '']

const next = `${asked(BAD)}`
const good = `POST ${U}?username=${NAMED} HTTP/1.1\r\nHost: x\r\n`
const chunked = 'Transfer-Encoding: chunked\r\n'

/** What two readers might cut into requests at different places; behind it a request that must not pass. */
const SMUGGLED: readonly BypassCase[] = [
  ['pipelining', `${good}Content-Length: 0\r\n\r\n${next}`, 'stops'],
  ['pipelining, ten at once', `${`${good}Content-Length: 0\r\n\r\n`.repeat(10)}${next}`, 'stops'],
  ['CL.TE', `${good}Content-Length: 6\r\n${chunked}\r\n0\r\n\r\nX${next}`],
  ['CL.TE that hides a whole request', `${good}Content-Length: ${next.length + 5}\r\n${chunked}\r\n0\r\n\r\n${next}`],
  ['TE.CL', `${good}${chunked}Content-Length: 4\r\n\r\n${next.length.toString(16)}\r\n${next}\r\n0\r\n\r\n`],
  ['TE.CL of nothing', `${good}${chunked}Content-Length: 0\r\n\r\n${next.length.toString(16)}\r\n${next}\r\n0\r\n\r\n`],
  ...[
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding:\tchunked',
    'Transfer-Encoding:\vchunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
    'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: chunked;a=b',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding\r\n : chunked',
    'Transfer-Encoding:\r\n chunked',
    'X: y\r\n Transfer-Encoding: chunked',
    'X: y\nTransfer-Encoding: chunked',
    'X: y\rTransfer-Encoding: chunked',
    'Transfer_Encoding: chunked',
    ' Transfer-Encoding: chunked',
    '\u00a0Transfer-Encoding: chunked',
    'Transfer-Encoding: chun\u0000ked',
    'Transfer-Encoding: CHUNKED',
    'Transfer-Encoding: chunked\u0000',
  ].map(
    (header): BypassCase => [`TE.TE ${JSON.stringify(header)}`, `${good}Content-Length: 5\r\n${header}\r\n\r\n0\r\n\r\n${next}`],
  ),
  ...[
    'Content-Length: 0\r\nContent-Length: 5',
    'Content-Length: 0, 5',
    'Content-Length: 5, 5',
    'Content-Length: +5',
    'Content-Length: -5',
    'Content-Length: 0x5',
    'Content-Length: 5 ',
    'Content-Length : 5',
    'Content-Length: 99999999999999999999',
    'Content-Length: 5\u0000',
    'Content-Length:',
    'Content_Length: 5',
    'Content-Length: 5\r\n\tfolded',
    'X: y\r\n Content-Length: 5',
  ].map((header): BypassCase => [`CL ${JSON.stringify(header)}`, `${good}${header}\r\n\r\n0\r\n\r\n${next}`]),
  ['chunk extensions', `${good}${chunked}\r\n1;a="\r\n";b\r\nx\r\n0\r\n\r\n${next}`],
  ['a chunk extension with a bare line feed', `${good}${chunked}\r\n1;a\nx\r\n0\r\n\r\n${next}`],
  ['a chunk that is longer than it says', `${good}${chunked}\r\n1\r\nxx\r\n0\r\n\r\n${next}`],
  ['a chunk size that is too large', `${good}${chunked}\r\nffffffffffffffff1\r\nx\r\n0\r\n\r\n${next}`],
  ['a chunk size with a sign', `${good}${chunked}\r\n+1\r\nx\r\n0\r\n\r\n${next}`],
  ['a chunk size with 0x', `${good}${chunked}\r\n0x1\r\nx\r\n0\r\n\r\n${next}`],
  ['chunks that end in bare line feeds', `${good}${chunked}\r\n1\nx\n0\n\n${next}`],
  ['trailers', `${good}${chunked}\r\n0\r\nX-Real-IP: 192.0.2.9\r\nContent-Length: 5\r\n\r\n${next}`],
  ['chunks under HTTP/1.0', `${good.replace('1.1', '1.0')}${chunked}Connection: keep-alive\r\n\r\n0\r\n\r\n${next}`],
  ['bare line feeds', `${good}Content-Length: 0\r\n\r\n${next}`.replaceAll('\r', '')],
  ['bare carriage returns', `${good}Content-Length: 0\r\n\r\n${next}`.replaceAll('\n', '')],
  ['a body of a GET', `GET ${GOOD.replace('&case', '')} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc${next}`, 'stops'],
  ['Expect', `${good}Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx${next}`, 'stops'],
  ['an Expect that is none', `${good}Expect: x\r\nContent-Length: 1\r\n\r\nx${next}`],
  ['a header without a name', `${good}: x\r\nContent-Length: 0\r\n\r\n${next}`],
  ['a line without a colon', `${good}nonsense\r\nContent-Length: 0\r\n\r\n${next}`],
  ['two hosts', `${good}Host: y\r\nContent-Length: 0\r\n\r\n${next}`],
  ['an upgrade', `${good}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n${next}`],
  [
    'an upgrade to h2c',
    `${good}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n${next}`,
  ],
  ['a tunnel', `CONNECT egw.example:443 HTTP/1.1\r\nHost: egw.example:443\r\n\r\n${next}`],
  ['a tunnel to a path', `CONNECT ${GOOD} HTTP/1.1\r\nHost: egw.example\r\n\r\n${next}`, 'stops'],
  ['HTTP/0.9', `GET ${BAD}\r\n`, 'stops'],
  ['HTTP/2.0 in words', asked(BAD, '', 'GET', '2.0')],
  ['HTTP/1.9', asked(BAD, '', 'GET', '1.9')],
  ['HTTP/1.1 twice', `GET ${BAD} HTTP/1.1 HTTP/1.1\r\n${END}`],
  ['a target of two', `GET ${GOOD.replace('&case', '')} ${BAD} HTTP/1.1\r\n${END}`],
]

const MANY = 1_000
const HUGE: readonly BypassCase[] = [
  ['a path of 7 KB', asked(`/${'x'.repeat(7_000)}/..${OLD}?username=${NAMED}&case`), 'stops'],
  ['a path of 30 KB', asked(`/${'x'.repeat(30_000)}/..${OLD}?username=${NAMED}&case`)],
  ['a path of 300 KB', asked(`/${'x/../'.repeat(60_000)}${OLD}?case`)],
  ['a query of 7 KB before the name', asked(`${U}?x=${'y'.repeat(7_000)}&username=01234_BV&case`), 'stops'],
  ['three headers of 7 KB', asked(BAD, ['a', 'b', 'c'].map((name) => `${name}: ${'z'.repeat(7_000)}\r\n`).join('')), 'stops'],
  ['a token of 7 KB', asked(BAD, `accessToken: ${'w'.repeat(7_000)}\r\n`), 'stops'],
  ['a token behind much white space', asked(`${U}?case`, `accessToken:${' '.repeat(6_000)}${TOKEN}\r\n`)],
  ['a header of 100 KB', asked(BAD, `X: ${'z'.repeat(100_000)}\r\n`)],
  [`${MANY} headers`, asked(BAD, Array.from({ length: MANY }, (_, i) => `X-${i}: ${i}\r\n`).join(''))],
  [
    `${MANY} parameters before the name`,
    asked(`${U}?${Array.from({ length: MANY }, (_, i) => `p${i}=1`).join('&')}&username=01234_BV&case`),
    'stops',
  ],
  ['1,100 bare marks before the name', asked(`${U}?${'&'.repeat(1_100)}username=01234_BV&case`), 'stops'],
  ...['\x01', '\x0b', '\x1b', '\x7f', '\x80', '\xff'].flatMap((odd): BypassCase[] => {
    const code = odd.charCodeAt(0).toString(16)
    return ['User-Agent', 'accessToken', 'Authorization', 'X'].map((name) => [
      `a byte of 0x${code} in ${name}`,
      asked(BAD, `${name}: a${odd}b\r\n`),
      'stops',
    ])
  }),
  ['a form of 40 KB', posted(BAD, 'x'.repeat(40_000)), 'stops'],
]

export const BYPASS_REQUESTS: readonly BypassCase[] = [
  ['a request that may pass', asked(GOOD), 'passes'],
  ['a form that may pass', posted(GOOD, 'maThe=x'), 'passes'],
  ['one of HTTP/1.0 that may pass', asked(GOOD, '', 'GET', '1.0'), 'passes'],
  ...OLD_PATHS.map((path): BypassCase => [path, asked(`${path}?username=${NAMED}&case`), 'stops']),
  ...OTHER_PATHS.map((path): BypassCase => [path, asked(`${path}?username=${NAMED}&case`)]),
  ...BAD_QUERIES.map((query): BypassCase => [query, asked(`${U}?${query}&case`), 'stops']),
  ...TOKENS,
  ...FORGED_HEADERS.flatMap((headers): readonly BypassCase[] => [
    [`good, ${headers}`, asked(GOOD, `${headers}\r\n`), 'passes'],
    [`bad, ${headers}`, asked(BAD, `${headers}\r\n`), 'stops'],
  ]),
  ...METHODS.map((method): BypassCase => [method, asked(BAD, '', method), 'stops']),
  ...METHODS.slice(0, -1).map((method): BypassCase => [`good ${method}`, asked(GOOD, '', method), 'passes']),
  ...NO_METHODS.map((method): BypassCase => [`${method} of nobody's`, asked(GOOD, '', method), 'stops']),
  ...SMUGGLED,
  ...HUGE,
]
