import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { CLIENT_BYTES, createClientNames } from '../../agent/gate/client-software.ts'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import { createLineParser, type LogDialect } from '../../rules/requests/log-format.ts'
import { anAccessToken } from '../support/access-token.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'
import { agentHeader, ODD_AGENTS } from '../support/odd-agents.ts'
import { SEND_RAW_FILE } from '../support/send-raw.ts'
import { createService } from '../support/service.ts'
import { isInstalled } from '../support/surroundings.ts'
import { until } from '../support/until.ts'

const SHIPPED_FORMAT = fileURLToPath(new URL('../../docs/nginx/edgeward-log-format.conf', import.meta.url))
const PORT = 8080
const U = '/api/egw/KQNhanLichSuKCB2024'
const NOBODY = [undefined, 'other'] as const

/** The JSON log has no target for these, the combined log has the whole request line. */
const REFUSED = /^refused: /

/** What a client sends, then the account and function that both logs must name. `%` stands for a byte in hexadecimal: `%{16}`. */
const REQUESTS: readonly (readonly [request: string, account: string | undefined, name: string, reason: string])[] = [
  [
    `GET ${U}?token=a&id_token=b&username=01234_bv&password=hunter2 HTTP/1.1`,
    '01234_BV',
    'KQNhanLichSuKCB2024',
    'an ordinary one',
  ],
  [`POST ${U}?PASSWORD=hunter2&UserName=01234_TC HTTP/1.1`, '01234_TC', 'KQNhanLichSuKCB2024', 'names in any case'],
  [
    `GET ${U}?password=hunter2&passwordHash=hunter2&username=01234_BV&%70ass%57ord=hunter2&Password=&p%u0061ssword=hunter2 HTTP/1.1`,
    '01234_BV',
    'KQNhanLichSuKCB2024',
    'four passwords, with letters encoded',
  ],
  [
    `GET ${U}?username=01234_BV&x="},{"ip":"198.51.100.9" HTTP/1.1`,
    '01234_BV',
    'KQNhanLichSuKCB2024',
    'quotes that would end a value',
  ],
  [
    `GET ${U}?username=01234_BV&x=\\",\\"account\\":\\"99999_BV HTTP/1.1`,
    '01234_BV',
    'KQNhanLichSuKCB2024',
    'backslashes and quotes',
  ],
  [`GET ${U}?username=01234_BV&x=%{c3}%{ff}%{80} HTTP/1.1`, '01234_BV', 'KQNhanLichSuKCB2024', 'bytes that are no UTF-8'],
  [`GET ${U}?username=01234_BV&x=\t HTTP/1.1`, ...NOBODY, 'refused: a control character'],
  [`GET /api/egw/api/egw/NhanLichSuKCB2018?username=01234_BV HTTP/1.1`, '01234_BV', 'KQNhanLichSuKCB2018', 'a doubled prefix'],
  [`GET //api/./egw/../egw/ktMathe?username=01234%5FBV HTTP/1.1`, '01234_BV', 'ktMathe', 'dot segments and encoding'],
  [`GET http://egw.example/api/egw/Lskcb2025?username=01234_BV HTTP/1.1`, '01234_BV', 'Lskcb2025', 'an absolute target'],
  [`GET ${U}?username=01234_BV HTTP/1.0`, '01234_BV', 'KQNhanLichSuKCB2024', 'HTTP/1.0'],
  [`GET ${U}?username=01234_BV`, '01234_BV', 'KQNhanLichSuKCB2024', 'HTTP/0.9'],
  [`GET ${U}?x=1#?username=99999_BV HTTP/1.1`, undefined, 'KQNhanLichSuKCB2024', 'a fragment'],
  [
    `GET / HTTP/1.1\r\nReferer: https://x/?username=99999_BV\r\nUser-Agent: "?username=99999_BV`,
    ...NOBODY,
    'names in headers that are no names',
  ],
  [
    `GET / HTTP/1.1\r\nAuthorization: Basic ${Buffer.from('x [01/Jan/2020:00:00:00 +0700] "GET /?username=99999_BV HTTP/1.1" 200 1').toString('base64')}`,
    ...NOBODY,
    'a forged user name',
  ],
  [`GET / HTTP/1.1\r\nHost: 198.51.100.9`, ...NOBODY, 'a Host that looks like an address'],
  ['%{16}%{03}%{01}%{02}%{00}%{01}%{00}', ...NOBODY, 'a TLS greeting'],
  ['"},{"at":"x', ...NOBODY, 'JSON for a request'],
  [`GET ${U}?username=01234_BV&x=${'y'.repeat(30_000)} HTTP/1.1`, ...NOBODY, 'refused: a target too long'],
  ['OPTIONS * HTTP/1.1', ...NOBODY, 'no path'],
]
/** A log format of a host's own. */
const OWN_FORMAT = '$remote_addr [$time_local] "$http_user_agent" "$request" $status'
const TOKEN = anAccessToken('01234_BV')

if (!canMakeNetworks() || !isInstalled('nginx')) {
  t.plan(0, 'needs root, ip(8) and nginx')
} else {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-nginx-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await using network = await createTestNetwork({ clients: {} })
  await writeFile(join(folder, 'nginx.conf'), nginxConfig(folder))
  const nginx = createService('nginx', network.edge.start('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log']))
  const sockets = () => network.edge.run('ss', ['-Hltn', `sport = :${PORT}`])
  await until('nginx to listen', async () => (await sockets()).stdout.includes('LISTEN') || undefined)

  const agents = ODD_AGENTS.map(([userAgent]) =>
    Buffer.from(`GET /agent HTTP/1.1\r\nHost: x\r\n${agentHeader(userAgent)}\r\n`, 'latin1'),
  )
  const texts = [
    ...REQUESTS.map(([request]) => request),
    `GET /api/TraCuuCCT/TraCuuTienMCCT HTTP/1.1\r\naccessToken: ${TOKEN}`,
    `GET /api/TraCuuCCT/TraCuuTienMCCT HTTP/1.1\r\nAuthorization: Bearer ${TOKEN}`,
  ]
  const addresses = ['127.0.0.1', '::1']
  const raw = addresses.flatMap((address) =>
    texts.map((text) => ({ address, port: PORT, base64: bytesOf(text).toString('base64') })),
  )
  const rawAgents = agents.map((bytes) => ({ address: '127.0.0.1', port: PORT, base64: bytes.toString('base64') }))
  await network.edge.mustRun(process.execPath, [SEND_RAW_FILE], { input: JSON.stringify([...raw, ...rawAgents]) })
  await nginx.stop('SIGQUIT')

  const json = await readLog(join(folder, 'edgeward.log'), { format: 'nginx-json' })
  const combined = await readLog(join(folder, 'combined.log'), { format: 'combined' })
  const own = await readLog(join(folder, 'own.log'), { format: 'template', template: OWN_FORMAT })
  const sent = raw.length + agents.length
  t.equal(json.requests.length, sent, 'the JSON log has a line for each request')
  t.equal(combined.requests.length, sent, 'so has the combined log')
  for (const [i, address] of addresses.entries()) {
    const first = i * texts.length
    for (const [row, [, account, name, reason]] of REQUESTS.entries()) {
      const expected = { ip: address, account, function: name }
      t.match(json.requests[first + row] ?? {}, expected, `nginx-json: ${reason}`)
      if (REFUSED.test(reason)) t.ok((combined.requests[first + row]?.status ?? 0) >= 400, reason)
      else t.match(combined.requests[first + row] ?? {}, expected, `combined: ${reason}`)
      t.equal(json.requests[first + row]?.account, account, reason)
      t.equal(json.requests[first + row]?.status, combined.requests[first + row]?.status, 'same status')
    }
    t.match(json.requests[first + REQUESTS.length], { account: '01234_BV', accountSource: 'header' }, 'accessToken')
    t.match(json.requests[first + REQUESTS.length + 1], { account: '01234_BV', accountSource: 'token' }, 'Authorization')
  }
  t.ok(
    json.requests.every((request) => request !== undefined && request.port > 0 && Math.abs(request.atMs - Date.now()) < 600_000),
    'each has its port and time',
  )
  t.notMatch(json.text, 'hunter2', 'no password is written')

  const nameOf = createClientNames()
  for (const [row, [userAgent, reason]] of ODD_AGENTS.entries()) {
    const line = raw.length + row
    t.equal(json.requests[line]?.status, 200, `${reason}: answered`)
    t.equal(combined.clients[line], userAgent ?? '', `combined: ${reason}`)
    t.equal(own.clients[line], userAgent ?? '', `template: ${reason}`)
    t.equal(json.clients[line], (userAgent ?? '').slice(0, CLIENT_BYTES), `nginx-json: ${reason}`)
    t.equal(nameOf(json.clients[line]), nameOf(userAgent), 'the name is that of the whole')
  }
}

function nginxConfig(folder: string): string {
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `daemon off; ${user} worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 64; }
http {
  include ${SHIPPED_FORMAT};
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  keepalive_timeout 0; client_header_timeout 2s;
  access_log ${folder}/edgeward.log edgeward;
  access_log ${folder}/combined.log combined;
  log_format own '${OWN_FORMAT}';
  access_log ${folder}/own.log own;
  server { listen ${PORT}; listen [::]:${PORT} ipv6only=on; location / { return 200 "{}"; } }
}
`
}

/** The request with a Host, ended as HTTP/1.x ends it; `%{16}` is a byte. */
function bytesOf(text: string): Buffer {
  const hasHeaders = /HTTP\/1\.[01]/.test(text)
  const host = text.includes('Host:') ? '' : '\r\nHost: egw.example'
  const whole = hasHeaders ? `${text}${host}\r\n\r\n` : `${text}\r\n`
  const pieces = whole.split(/%\{([0-9a-f]{2})\}/)
  return Buffer.concat(pieces.map((piece, i) => Buffer.from(piece, i % 2 === 0 ? 'utf8' : 'hex')))
}

interface ReadLog {
  readonly text: string
  readonly requests: readonly (AttributedRequest | undefined)[]
  /** What each line tells of the client software. */
  readonly clients: readonly (string | undefined)[]
}

async function readLog(file: string, dialect: LogDialect): Promise<ReadLog> {
  const bytes = await readFile(file)
  const parser = createLineParser(dialect.format, { key: new Uint8Array(32), ...dialect })
  const text = bytes.toString('latin1')
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.from(line, 'latin1'))
  const read = lines.map((line) => {
    const request = parser.parse(line)
    return { request, client: request && parser.findClient(line, 0, line.length) }
  })
  return { text, requests: read.map(({ request }) => request), clients: read.map(({ client }) => client) }
}
