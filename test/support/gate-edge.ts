import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Gate, openGate } from '../../agent/gate/gate.ts'
import { createGateMemory } from '../../agent/gate/gate-memory.ts'
import type { GateOptions } from '../../agent/gate/gate-options.ts'
import { createSystemTimers } from '../../agent/time/system-time.ts'
import type { FlagSource } from '../../agent/watch/flag-book.ts'
import { createFlagMirror } from '../../agent/watch/thread/flag-mirror.ts'
import type { Flag } from '../../rules/reports/flag.ts'
import { createMovableClock, type MovableClock } from './movable-clock.ts'
import { ROOT_FOLDER } from './place.ts'
import { createService, type Service, spawnHere } from './service.ts'
import { until } from './until.ts'

/** A gate in this process, its clock and its flags moved by the test. */
export interface RunningGate {
  readonly gate: Gate
  readonly clock: MovableClock
  readonly flags: FlagSource & { take(flag: Flag): void }
  /** Puts a file into the folder of the agent, and waits until `isTaken`. */
  readonly handOver: (name: string, content: Uint8Array | string, isTaken: (gate: Gate) => boolean) => Promise<void>
  stop(): Promise<void>
}

export interface RunGateOptions {
  readonly folder: string
  readonly nowMs: number
  readonly options?: Partial<GateOptions>
  readonly tallyKey?: Uint8Array
}

export const GATE_MASKING_KEY = new Uint8Array(32).fill(5)

/** Starts it in `folder`: listens on `gate.sock`, reads `ho`, keeps its state in `state`. */
export async function runGate({ folder, nowMs, options, tallyKey }: RunGateOptions): Promise<RunningGate> {
  const dir = `${folder}/ho`
  await mkdir(dir, { recursive: true })
  await mkdir(`${folder}/state`, { recursive: true })
  const clock = createMovableClock(nowMs)
  const flags = createFlagMirror([])
  const gate = await openGate(
    {
      socket: `${folder}/gate.sock`,
      socketMode: '0660',
      dir,
      policyFile: '',
      strongest: 'enforce',
      rehearsalRows: 1000,
      haproxy: { socket: '', maps: '' },
      ...options,
    },
    {
      memory: createGateMemory(`${folder}/state`),
      maskingKey: GATE_MASKING_KEY,
      tallyKey,
      flags,
      clock,
      monotonicMs: () => performance.now(),
      timers: createSystemTimers(),
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    },
  )
  const end = new AbortController()
  const running = gate.run(end.signal)
  await until('the gate listens', () => gate.status().isListening || undefined, { everyMs: 5 })
  return {
    gate,
    clock,
    flags,
    async handOver(name, content, isTaken) {
      await writeFile(`${dir}/${name}`, content, { mode: 0o640 })
      await until(`${name} taken`, () => isTaken(gate) || undefined, { everyMs: 10 })
    },
    async stop() {
      end.abort()
      await running
    },
  }
}

/** A flag that suspends, as the detector tells it. */
export function aFlag(account: string, untilMs: number, action: Flag['action'] = 'suspend'): Flag {
  return {
    kind: 'flag',
    at: new Date(untilMs - 60_000).toISOString(),
    account,
    facility: null,
    rule: 'absolute',
    action,
    requests: 1,
    subjects: 1,
    sources: [],
    evidence: { vi: 'x', en: 'x' },
    until: new Date(untilMs).toISOString(),
  }
}

/**
 * The configuration that is shipped, as one edge runs it: the same files, with sockets for ports. Clients say where they come from by the PROXY protocol. `front.sock` lets
 * requests through while the gate is away, `closed.sock` refuses them, `h2.sock` speaks HTTP/2 without TLS.
 * @param hasPortal somebody else listens on `portal.sock`; without it nginx is the portal too, and writes `reached.log`
 */
export async function startGateNginx(folder: string, hasPortal = false): Promise<Service> {
  const shipped = async (name: string): Promise<string> => readFile(`${ROOT_FOLDER}/docs/nginx/${name}`, 'utf8')
  const place = (text: string): string =>
    text
      .replaceAll('/etc/nginx/edgeward/', `${folder}/`)
      .replaceAll('/run/edgeward-gate/gate.sock', `${folder}/gate.sock`)
      .replaceAll('/var/log/nginx/', `${folder}/`)
      .replaceAll('PORTAL.EXAMPLE:8080', `unix:${folder}/portal.sock`)
  const gate = place(await shipped('edgeward-gate.conf'))
  await writeFile(`${folder}/edgeward-gate.conf`, gate)
  await writeFile(
    `${folder}/edgeward-gate-closed.conf`,
    gate.replace('{ auth_request off; return 204; }', '{ auth_request off; return 403; }'),
  )
  await writeFile(`${folder}/edgeward-gate-http.conf`, place(await shipped('edgeward-gate-http.conf')))
  await writeFile(`${folder}/edgeward-portal.conf`, await shipped('edgeward-portal.conf'))
  await writeFile(`${folder}/edgeward-log-format.conf`, await shipped('edgeward-log-format.conf'))
  const site = place(await shipped('edgeward-site.conf')).replace(/^ *(?:listen|ssl_).*\n/gm, '')
  const trust = 'set_real_ip_from unix:; real_ip_header proxy_protocol;'
  const open = site.replace(
    'server_name',
    `listen unix:${folder}/front.sock proxy_protocol; listen unix:${folder}/h2.sock http2 proxy_protocol; ${trust} server_name`,
  )
  const closed = open
    .slice(open.indexOf('server {', open.indexOf('upstream edgeward_portal')))
    .replace(/listen [^;]*front\.sock[^;]*; listen [^;]*;/, `listen unix:${folder}/closed.sock proxy_protocol;`)
    .replace('edgeward-gate.conf', 'edgeward-gate-closed.conf')
  await writeFile(`${folder}/site.conf`, `${open}\n${closed}`)
  await writeFile(`${folder}/nginx.conf`, mainConfig(folder, hasPortal))
  const nginx = createService('nginx', spawnHere('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log']))
  await until('nginx listens', async () => {
    if (nginx.exit !== undefined) throw new Error(`nginx ended: ${nginx.lines.join('\n')}`)
    const { status } = await ask(`${folder}/front.sock`, `${proxyLine('203.0.113.7')}GET /_edgeward/gate HTTP/1.0\r\n\r\n`)
    return status === 404 || undefined
  })
  return nginx
}

/** The whole configuration, as `nginx -T` prints it. */
export async function printNginx(folder: string): Promise<string> {
  const child = spawnHere('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log', '-T'])
  if (child.stdout === null) throw new Error('no pipe')
  return text(child.stdout)
}

function mainConfig(folder: string, hasPortal: boolean): string {
  const portal = `server { listen unix:${folder}/portal.sock; access_log ${folder}/reached.log reached; location / { return 200 '{"maKetQua":"000","ghiChu":"portal"}'; } }`
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  return `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  ${temporary.join(' ')}
  log_format reached '$request_method $request_uri $http_x_real_ip $http_x_real_port $http_x_forwarded_for';
  include ${folder}/site.conf;
  ${hasPortal ? '' : portal}
}
`
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** All that came, also where it is no HTTP or several answers. */
  readonly text: string
}

/** Where a request comes from, as a load balancer says it. */
export function proxyLine(ip: string, port = 51_000): string {
  return ip.includes(':') ? `PROXY TCP6 ${ip} 2001:db8::1 ${port} 443\r\n` : `PROXY TCP4 ${ip} 192.0.2.1 ${port} 443\r\n`
}

/** Sends bytes to a unix socket and reads until it is closed. */
export async function ask(path: string, bytes: string | Buffer): Promise<RawAnswer> {
  const socket: Socket = connect(path)
  await once(socket, 'connect')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // Who is refused while still sending has its answer nevertheless.
  socket.on('error', () => socket.destroy())
  const { promise, resolve } = Promise.withResolvers<undefined>()
  socket.on('close', () => resolve(undefined))
  socket.write(bytes)
  await promise
  const whole = Buffer.concat(chunks).toString('utf8')
  const end = whole.indexOf('\r\n\r\n')
  const [first = '', ...lines] = whole.slice(0, Math.max(0, end)).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  )
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: whole.slice(end + 4), text: whole }
}

function ignore(): void {}
