import { once } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { loadavg } from 'node:os'
import { text } from 'node:stream/consumers'
import { stringify } from 'yaml'
import { anAccessToken } from '../test/support/access-token.ts'
import { askSocket } from '../test/support/ask-socket.ts'
import { ROOT_FOLDER } from '../test/support/place.ts'
import { createService, type Service, spawnHere } from '../test/support/service.ts'
import { until } from '../test/support/until.ts'
import { createWorkDir } from '../test/support/work-dir.ts'
import type { BenchResult } from './bench-result.ts'
import type { ConstantRate, ConstantRateFigures } from './constant-rate.ts'

const SECONDS = 8
/** As the unit starts it; nice(1) says so and goes on where it may not. */
const UNIT_NICE = ['-n', '-10']
const UNIT_FLAGS = ['--max-semi-space-size=1', '--no-parallel-scavenge', '--expose-gc']
const CONNECTIONS = 64
/** Facilities that ask, and what half of them send beside the name. */
const ACCOUNTS = 13_000
const CITIZEN = '0'.repeat(12)
/** Lines added to the log while it is read: more than the thread reads in that time. */
const LOG_LINES = 4_000_000

/** The goal is 15,000 decisions a second for a core; waits are looked at where it has half of that to do. */
const HALF_PER_S = 7_500

/**
 * nginx with `auth_request` to the gate against the same nginx whose question is answered by nginx itself (204): decisions in a second and the CPU that the gate takes for one, by wrk;
 * waits at half of the load of the goal, also while `watch` reads a log as fast as it can, by requests that come when they are due. The gate's own socket is asked as well, beside that of an
 * nginx that says 204.
 */
export async function benchGate(): Promise<readonly BenchResult[]> {
  await using folder = await createWorkDir('ew-gate')
  const [gated, bare] = [await freePort(), await freePort()]
  const [front, own] = [folder.file('front.http'), folder.file('own.http')]
  await writeFile(folder.file('wrk.lua'), luaScript())
  await writeFile(
    front,
    sampleRequests(({ uri, headers }) => `GET ${uri} HTTP/1.1\r\nHost: egw.example\r\n${headers}\r\n`),
  )
  await writeFile(own, sampleRequests(questionOf))
  await writeFile(folder.file('access.log'), '')
  await mkdir(folder.file('ho'))
  await writeFile(folder.file('policy.yaml'), 'shared: { mode: observe, enforceFrom: "" }\n')
  await writeFile(folder.file('agent.yaml'), stringify(configOf(folder.path)))
  await writeFile(folder.file('nginx.conf'), nginxConfig(folder.path, gated, bare))
  const main = `${ROOT_FOLDER}/agent/main.ts`
  await using watch = createService(
    'watch',
    spawnHere('nice', [...UNIT_NICE, process.execPath, ...UNIT_FLAGS, main, 'watch', '--config', folder.file('agent.yaml')]),
  )
  await using _nginx = createService('nginx', spawnHere('nginx', ['-p', folder.path, '-c', 'nginx.conf', '-e', 'error.log']))
  await watch.line(/gate opened/)
  await until('nginx answers', async () => (await wrk(folder.path, gated, 1, 1)).requests > 0 || undefined)
  await wrk(folder.path, gated, CONNECTIONS, 2)
  const results: BenchResult[] = []
  const limit = await wrk(folder.path, bare, CONNECTIONS, SECONDS)
  const busy = await measure(watch, () => wrk(folder.path, gated, CONNECTIONS, SECONDS))
  results.push(rate('decisions behind nginx', busy.requestsPerS, limit.requestsPerS))
  results.push(rate('decisions for a core of the gate', busy.requestsPerS / busy.cores, limit.requestsPerS))

  const slowShare = async (): Promise<() => Promise<number>> => {
    const before = await paceOf(folder.path)
    return async () => {
      const after = await paceOf(folder.path)
      return (100 * (after.slow - before.slow)) / Math.max(1, after.decided - before.decided)
    }
  }
  /** Waits at a constant rate, and the answers that took the gate itself over a millisecond. */
  const compare = async (name: string, ours: number | string, other: number | string, perS: number): Promise<void> => {
    const requests = typeof ours === 'number' ? front : own
    const share = await slowShare()
    const [a, b] = [await constantRate(ours, perS, requests), await constantRate(other, perS, requests)]
    results.push(waits(`p50 ${name}`, a.p50Ms, b.p50Ms), waits(`p99 ${name}`, a.p99Ms, b.p99Ms))
    const slow = await share()
    results.push({ bench: 'gate', case: `answers over 1 ms in the gate ${name}`, ours: slow, limit: 1, ratio: slow, unit: '%' })
  }
  const sockets = [folder.file('gate.sock'), folder.file('bare.sock')] as const
  await compare(`of its socket at ${HALF_PER_S}/s`, ...sockets, HALF_PER_S)
  await compare(`behind nginx at ${HALF_PER_S}/s`, gated, bare, HALF_PER_S)
  const line = sampleLine()
  for (let i = 0; i < 40; i += 1) appendFileSync(folder.file('access.log'), line.repeat(LOG_LINES / 40))
  await compare(`behind nginx at ${HALF_PER_S}/s while a log is read`, gated, bare, HALF_PER_S)
  const { logs } = await askSocket<{ logs: { lines: number; behindBytes: number }[] }>(folder.file('watch.sock'), '/status')
  const state = logs[0]?.behindBytes === 0 ? 'all of it' : 'and not done'
  process.stderr.write(`load ${loadavg()[0]?.toFixed(1)}, ${logs[0]?.lines} lines read (${state})\n`)
  return results
}

function rate(name: string, ours: number, limit: number): BenchResult {
  return { bench: 'gate', case: name, ours: Math.round(ours), limit: Math.round(limit), ratio: ours / limit, unit: 'requests/s' }
}

function waits(name: string, ours: number, limit: number): BenchResult {
  return { bench: 'gate', case: name, ours, limit, ratio: ours / limit, unit: 'ms' }
}

async function paceOf(folder: string): Promise<{ slow: number; decided: number }> {
  const { gate } = await askSocket<{ gate: { passed: number; refused: number; pace: { slow: { 1: number } } } }>(
    `${folder}/watch.sock`,
    '/status',
  )
  return { slow: gate.pace.slow[1], decided: gate.passed + gate.refused }
}

interface Load {
  readonly requests: number
  readonly requestsPerS: number
}

/** A load, and the cores that the main thread of `watch` takes meanwhile: the gate runs there, logs and documents are read elsewhere. */
async function measure(watch: Service, run: () => Promise<Load>): Promise<Load & { readonly cores: number }> {
  const [ticks, startMs] = [ticksOf(watch.pid), performance.now()]
  const load = await run()
  const seconds = (performance.now() - startMs) / 1000
  return { ...load, cores: (ticksOf(watch.pid) - ticks) / 100 / seconds }
}

/** proc(5): utime and stime of the main thread. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

async function wrk(folder: string, port: number, connections: number, seconds: number): Promise<Load> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', `${folder}/wrk.lua`, `http://127.0.0.1:${port}/`]
  const said = await outputOf('wrk', args)
  const found = /^FIGURES (\d+) (\d+) (\d+)$/m.exec(said)
  if (found === null) throw new Error(`wrk said nothing of its figures:\n${said}`)
  const [requests = 0, durationUs = 1, failed = 0] = found.slice(1).map(Number)
  if (failed > 0) throw new Error(`${failed} of ${requests} requests were not answered with 200`)
  return { requests, requestsPerS: (requests * 1e6) / durationUs }
}

async function constantRate(target: number | string, perS: number, requests: string): Promise<ConstantRateFigures> {
  const told: ConstantRate = { target, connections: CONNECTIONS, perS, seconds: SECONDS, requests }
  const said = await outputOf(process.execPath, [`${ROOT_FOLDER}/bench/constant-rate.ts`, JSON.stringify(told)])
  const figures = JSON.parse(said) as ConstantRateFigures
  if (figures.failed > 0) throw new Error(`${figures.failed} of ${figures.requests} requests were not answered as they should be`)
  if (figures.late > 0) process.stderr.write(`${figures.late} requests found no connection free\n`)
  return figures
}

async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const child = spawnHere(program, [...args])
  if (child.stdout === null) throw new Error(`${program} has no pipe`)
  return await text(child.stdout)
}

interface SampleRequest {
  readonly uri: string
  readonly headers: string
}

/** A third of the requests is named in the query, a third by a token, a third by a citizen's account, as in `luaScript`. */
function sampleRequests(write: (request: SampleRequest) => string): string {
  const uri = '/api/egw/KQNhanLichSuKCB2024?token=abc&id_token=def&password=x'
  return Array.from({ length: 3000 }, (_, n) => {
    const facility = String((n * 7919) % ACCOUNTS).padStart(5, '0')
    if (n % 3 === 0) return write({ uri: `${uri}&username=${facility}_BV`, headers: '' })
    if (n % 3 === 1) return write({ uri: `${uri}&username=${facility}_${CITIZEN}`, headers: '' })
    return write({
      uri: '/api/TraCuuCCT/TraCuuTienMCCT',
      headers: `accessToken: ${anAccessToken(`${10_000 + (n % 50)}_BV`)}\r\n`,
    })
  }).join('')
}

/** As the shipped configuration of nginx asks. */
function questionOf({ uri, headers }: SampleRequest): string {
  const told = `X-Original-URI: ${uri}\r\nX-Original-Method: GET\r\nX-Real-IP: 203.0.113.7\r\nX-Real-Port: 51000\r\n${headers}`
  return `GET /auth_request HTTP/1.1\r\nHost: edgeward\r\n${told}\r\n`
}

/** A third of the requests is named in the query, a third by a token, a third by a citizen's account. */
function luaScript(): string {
  const tokens = Array.from({ length: 50 }, (_, i) => anAccessToken(`${String(10_000 + i)}_BV`))
  return `
local n = 0
local tokens = { ${tokens.map((token) => `"${token}"`).join(', ')} }
function request()
  n = n + 1
  local facility = string.format("%05d", (n * 7919) % ${ACCOUNTS})
  local path = "/api/egw/KQNhanLichSuKCB2024?token=abc&id_token=def&password=x"
  if n % 3 == 0 then return wrk.format("GET", path .. "&username=" .. facility .. "_BV") end
  if n % 3 == 1 then return wrk.format("GET", path .. "&username=" .. facility .. "_${CITIZEN}") end
  return wrk.format("GET", "/api/TraCuuCCT/TraCuuTienMCCT", { accessToken = tokens[n % #tokens + 1] })
end
function done(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("FIGURES %d %d %d\\n", summary.requests, summary.duration, failed))
end
`
}

function sampleLine(): string {
  const uri = '/api/egw/KQNhanLichSuKCB2024?token=abc&id_token=def&username=01234_BV&password='
  return `{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7","port":"51000","method":"POST","uri":"${uri}","status":"200","bytes":"812","ms":"0041","host":"egw.example","accessToken":"","authorization":"","userAgent":"Apache-HttpClient/4.5.13 (Java/1.8.0_352)"}\n`
}

function configOf(folder: string): object {
  return {
    name: 'edge-1',
    stateDir: `${folder}/agent`,
    control: { url: 'http://127.0.0.1:9' },
    management: { prefixes: 'none' },
    watch: {
      logs: [{ path: `${folder}/access.log`, format: 'nginx-json' }],
      socket: `${folder}/watch.sock`,
      stateDir: `${folder}/state`,
    },
    gate: { socket: `${folder}/gate.sock`, dir: `${folder}/ho`, policyFile: `${folder}/policy.yaml` },
    log: { level: 'info' },
  }
}

/** The shipped question to the gate; the bare one asks a server of nginx on a unix socket, which says 204. */
function nginxConfig(folder: string, gated: number, bare: number): string {
  const shipped = (name: string): string =>
    readFileSync(`${ROOT_FOLDER}/docs/nginx/${name}`, 'utf8').replaceAll('/run/edgeward-gate/gate.sock', `${folder}/gate.sock`)
  const question = shipped('edgeward-gate.conf')
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  return `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off; ${places.join(' ')}
  keepalive_requests 1000000000;
  ${shipped('edgeward-gate-http.conf').replace('keepalive 64;', 'keepalive 64; keepalive_requests 1000000000;')}
  upstream bare { server unix:${folder}/bare.sock; keepalive 64; keepalive_requests 1000000000; }
  upstream portal { server unix:${folder}/portal.sock; keepalive 64; keepalive_requests 1000000000; }
  server { listen unix:${folder}/bare.sock; return 204; }
  server { listen unix:${folder}/portal.sock; return 200 "{}"; }
  server { listen 127.0.0.1:${gated}; ${question} location / { proxy_pass http://portal; proxy_http_version 1.1; proxy_set_header Connection ""; } }
  server { listen 127.0.0.1:${bare}; ${question.replaceAll('http://edgeward_gate/', 'http://bare/')} location / { proxy_pass http://portal; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
