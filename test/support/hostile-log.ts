import type { LogFormat } from '../../rules/requests/log-format.ts'
import type { Seeded } from './seeded.ts'

/** What the proxy knew when it wrote a line, whatever the client sent. */
export interface Known {
  readonly ip: string
  readonly port: number
  readonly atMs: number
  readonly status: number
  readonly account: string | undefined
}

/** A line of a log without its line feed, and what must be read from it; `undefined` where it is no proxy's line. */
export interface HostileLine {
  readonly bytes: Buffer
  readonly known: Known | undefined
}

/** Pieces that try to be something else: the end of a value, another field, another line, an account, a header of syslog. */
const FORGED = [
  '","ip":"198.51.100.9","account":"99999_BV","x":"',
  '"}\\n{"at":"2020-01-01T00:00:00Z","ip":"198.51.100.9","uri":"/?username=99999_BV"}',
  '\\","status":"999',
  '\\u0022,\\u0022ip\\u0022:\\u00221.2.3.4',
  '" 200 1 "-" "-"',
  '] "GET /?username=99999_BV HTTP/1.1" 200 1',
  '[01/Jan/2020:00:00:00 +0700]',
  '198.51.100.9:1 [01/Jan/2020:00:00:00.000] f b/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"',
  '&username=99999_BV',
  '&%75sername=99999_BV',
  '#?username=99999_BV',
  '%00%0a%22%5c',
  '<134>Nov 22 08:00:00 x: ',
  '\u00ef\u00bb\u00bf',
  '\u00c3\u00ff\u0080',
  '\0\u0001\u001b[2J\u007f',
  '\\x22 \\x5C',
  '#22#23 {x} }',
]
const PATHS = ['/api/egw/KQNhanLichSuKCB2024', '/api/egw/Lskcb2025', '/x']
const START_MS = Date.UTC(2026, 10, 22, 1)

/** A log of `count` lines: most as a proxy writes them of what hostile clients send, the others broken in all the ways that logs are. */
export function makeHostileLog(format: Exclude<LogFormat, 'template'>, count: number, seeded: Seeded): HostileLine[] {
  return Array.from({ length: count }, (_, number) => {
    const line = proxyLine(format, number, seeded)
    return seeded.below(4) === 0 ? { bytes: broken(line.bytes, seeded), known: undefined } : line
  })
}

function proxyLine(format: Exclude<LogFormat, 'template'>, number: number, seeded: Seeded): HostileLine {
  const isNamed = seeded.below(4) > 0
  const account = isNamed ? `${seeded.digits(5)}_${seeded.below(2) === 0 ? 'BV' : 'TC'}` : undefined
  const known: Known = {
    ip: `20.${seeded.below(256)}.${seeded.below(256)}.${seeded.below(256)}`,
    port: 1024 + seeded.below(60_000),
    atMs: START_MS + Math.floor(number / 3) * 1000,
    status: [200, 401, 500][seeded.below(3)] ?? 200,
    account,
  }
  const path = PATHS[seeded.below(PATHS.length)] ?? '/'
  // The portal takes the first name, so what the client adds before it must not name anybody.
  const query = isNamed ? `?token=${hostile(seeded, true)}&username=${account}&${hostile(seeded)}` : `?x=${hostile(seeded, true)}`
  const target = Buffer.from(path + query, 'latin1').filter((byte) => byte > 0x20 && byte !== 0x7f)
  return { bytes: PROXY_WRITERS[format](known, Buffer.from(target), Buffer.from(hostile(seeded), 'latin1')), known }
}

/** One to three pieces, forged or of any bytes. */
function hostile(seeded: Seeded, isNameless = false): string {
  const pieces = Array.from({ length: 1 + seeded.below(3) }, () => {
    if (seeded.below(3) > 0)
      return Array.from({ length: seeded.below(40) }, () => String.fromCharCode(seeded.below(256))).join('')
    return FORGED[seeded.below(FORGED.length)] ?? ''
  })
  const text = pieces.join('')
  return isNameless ? text.replaceAll(/[&#]/g, '') : text
}

/** How each proxy writes what it knows, and what a client chose: the target and the name of its program. */
export const PROXY_WRITERS: Readonly<
  Record<Exclude<LogFormat, 'template'>, (known: Known, target: Buffer, agent: Buffer) => Buffer>
> = {
  'nginx-json'({ ip, port, atMs, status }, target, agent) {
    const at = new Date(atMs + 7 * 3_600_000).toISOString().slice(0, 19)
    const tail = `,"host":"${asNginxJson(agent)}","accessToken":"","authorization":"","userAgent":"${asNginxJson(agent)}"}`
    const text = `{"at":"${at}+07:00","ip":"${ip}","port":"${port}","method":"POST","uri":"${asNginxJson(target)}","status":"${status}","bytes":"812","ms":"0041"${tail}`
    return Buffer.from(text, 'latin1')
  },
  combined({ ip, atMs, status }, target, agent) {
    const text = `${ip} - ${asNginxDefault(agent)} [${clfTime(atMs)} +0700] "GET ${asNginxDefault(target)} HTTP/1.1" ${status} 12 "-" "${asNginxDefault(agent)}"`
    return Buffer.from(text, 'latin1')
  },
  haproxy({ ip, port, atMs, status }, target, agent) {
    const text = `${ip}:${port} [${clfTime(atMs)}.000] f b/s 1/0/3/6/10 ${status} 27 - - ---- 1/1/1/1/0 0/0 {${asHaproxy(agent, '{|}')}} "GET ${asHaproxy(target)} HTTP/1.1"`
    return Buffer.from(text, 'latin1')
  },
}

/** `escape=json` (ngx_escape_json). */
function asNginxJson(bytes: Buffer): string {
  return Array.from(bytes, (byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`
    if (byte >= 0x20) return String.fromCharCode(byte)
    return (
      { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' }[byte] ?? `\\u00${byte.toString(16).toUpperCase().padStart(2, '0')}`
    )
  }).join('')
}

/** `escape=default` (ngx_http_log_escape). */
function asNginxDefault(bytes: Buffer): string {
  return Array.from(bytes, (byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
      ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
      : String.fromCharCode(byte),
  ).join('')
}

/** HAProxy writes `"`, `#` and what cannot be printed as `#22`, in captured headers also `{`, `|` and `}` (configuration manual §8.6). */
function asHaproxy(bytes: Buffer, also = ''): string {
  return Array.from(bytes, (byte) =>
    byte < 0x20 || byte > 0x7e || `"#${also}`.includes(String.fromCharCode(byte))
      ? `#${byte.toString(16).toUpperCase().padStart(2, '0')}`
      : String.fromCharCode(byte),
  ).join('')
}

function clfTime(atMs: number): string {
  const [, day, month, year, clock] = /, (\d\d) (\w{3}) (\d{4}) (.{8})/.exec(new Date(atMs + 7 * 3_600_000).toUTCString()) ?? []
  return `${day}/${month}/${year}:${clock}`
}

/** Cut short, with bytes changed, doubled, of another format, with a byte order mark, CRLF, NUL, or nothing a proxy would write. */
function broken(line: Buffer, seeded: Seeded): Buffer {
  const place = seeded.below(line.length)
  const ways: readonly (() => Buffer)[] = [
    () => line.subarray(0, place),
    () => line.subarray(place),
    () => Buffer.concat([line.subarray(0, place), Buffer.from([seeded.below(256)]), line.subarray(place + 1)]),
    () =>
      Buffer.concat([
        line.subarray(0, place),
        Buffer.from(FORGED[seeded.below(FORGED.length)] ?? '', 'latin1'),
        line.subarray(place),
      ]),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), line]),
    () => Buffer.concat([line, Buffer.from('\r')]),
    () => Buffer.concat([line, line]),
    () => Buffer.from(line.toString('latin1').replace(/"/g, "'"), 'latin1'),
    () => Buffer.from(line.toString('latin1').replaceAll('","', '", "'), 'latin1'),
    () => Buffer.from(line.toString('latin1').replace(/"(\d+)"/g, '$1'), 'latin1'),
    () => Buffer.from(Array.from({ length: seeded.below(60) }, () => seeded.below(256))),
    () => Buffer.alloc(0),
  ]
  const made = ways[seeded.below(ways.length)]?.() ?? line
  return Buffer.from(made.filter((byte) => byte !== 0x0a))
}
