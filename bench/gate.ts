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

const SECONDS = 8
const CONNECTIONS = 64
/** Facilities that ask, and what half of them send beside the name. */
const ACCOUNTS = 13_000
const CITIZEN = '0'.repeat(12)
/** Lines added to the log while it is read: more than the thread reads in that time. */
const LOG_LINES = 4_000_000

/**
 * nginx with `auth_request` to the gate against the same nginx whose question is answered by nginx itself (204), by wrk over loopback: decisions in a second, the
 * CPU that the gate takes for one, and the wait at half of that load; also while `watch` reads a log as fast as it can.
 */
export async function benchGate(): Promise<readonly BenchResult[]> {
  await using folder = await createWorkDir('ew-gate')
  const [gated, bare] = [await freePort(), await freePort()]
  await writeFile(folder.file('wrk.lua'), luaScript())
  await writeFile(folder.file('access.log'), '')
  await mkdir(folder.file('ho'))
  await writeFile(folder.file('policy.yaml'), 'shared: { mode: observe, enforceFrom: "" }\n')
  await writeFile(folder.file('agent.yaml'), stringify(configOf(folder.path)))
  await writeFile(folder.file('nginx.conf'), nginxConfig(folder.path, gated, bare))
  await using watch = createService(
    'watch',
    spawnHere(process.execPath, [`${ROOT_FOLDER}/agent/main.ts`, 'watch', '--config', folder.file('agent.yaml')]),
  )
  await using _nginx = createService('nginx', spawnHere('nginx', ['-p', folder.path, '-c', 'nginx.conf', '-e', 'error.log']))
  await watch.line(/gate opened/)
  await until('nginx answers', async () => (await wrk(folder.path, gated, 1, 1, 100)).requests > 0 || undefined)
  await wrk(folder.path, gated, CONNECTIONS, 2)
  const results: BenchResult[] = []
  const limit = await wrk(folder.path, bare, CONNECTIONS, SECONDS)
  const busy = await measure(folder.path, watch, gated)
  results.push(rate('decisions behind nginx', busy.requestsPerS, limit.requestsPerS))
  results.push(rate('decisions for a core of the gate', busy.requestsPerS / busy.gateCores, limit.requestsPerS))
  const half = await measure(folder.path, watch, gated, busy.requestsPerS / 2)
  const bareHalf = await wrk(folder.path, bare, CONNECTIONS, SECONDS, busy.requestsPerS / 2)
  results.push(waits('p99 at half of that', half.p99Ms, bareHalf.p99Ms))
  const line = sampleLine()
  appendFileSync(folder.file('access.log'), line.repeat(LOG_LINES / 40))
  for (let i = 1; i < 40; i += 1) appendFileSync(folder.file('access.log'), line.repeat(LOG_LINES / 40))
  const reading = await measure(folder.path, watch, gated, busy.requestsPerS / 2)
  const { logs } = await askSocket<{ logs: { lines: number; behindBytes: number }[] }>(folder.file('watch.sock'), '/status')
  results.push(
    waits(
      `p99 at half of that while a log is read (${logs[0]?.behindBytes === 0 ? 'all of it' : 'and not done'})`,
      reading.p99Ms,
      bareHalf.p99Ms,
    ),
  )
  process.stderr.write(`load ${loadavg()[0]?.toFixed(1)}, ${logs[0]?.lines} lines read\n`)
  return results
}

function rate(name: string, ours: number, limit: number): BenchResult {
  return { bench: 'gate', case: name, ours: Math.round(ours), limit: Math.round(limit), ratio: ours / limit, unit: 'requests/s' }
}

function waits(name: string, ours: number, limit: number): BenchResult {
  return { bench: 'gate', case: name, ours, limit, ratio: ours / limit, unit: 'ms' }
}

interface Load {
  readonly requests: number
  readonly requestsPerS: number
  readonly p99Ms: number
}

/** A load, and the cores that the main thread of `watch` takes meanwhile: the gate runs there, logs do not. */
async function measure(
  folder: string,
  watch: Service,
  port: number,
  perS?: number,
): Promise<Load & { readonly gateCores: number }> {
  const [ticks, startMs] = [ticksOf(watch.pid), performance.now()]
  const load = await wrk(folder, port, CONNECTIONS, SECONDS, perS)
  const seconds = (performance.now() - startMs) / 1000
  return { ...load, gateCores: (ticksOf(watch.pid) - ticks) / 100 / seconds }
}

/** proc(5): utime and stime of the main thread. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

/** wrk has no rate of its own: each of its connections waits a while between two requests. */
async function wrk(folder: string, port: number, connections: number, seconds: number, perS = 0): Promise<Load> {
  const delayMs = perS === 0 ? 0 : (connections * 1000) / perS
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    `${folder}/wrk.lua`,
    `http://127.0.0.1:${port}/`,
    String(delayMs),
  ]
  const child = spawnHere('wrk', args)
  if (child.stdout === null) throw new Error('wrk has no pipe')
  const said = await text(child.stdout)
  const found = /^FIGURES (\d+) (\d+) (\d+) (\d+)$/m.exec(said)
  if (found === null) throw new Error(`wrk said nothing of its figures:\n${said}`)
  const [requests = 0, durationUs = 1, p99Us = 0, failed = 0] = found.slice(1).map(Number)
  if (failed > 0) throw new Error(`${failed} of ${requests} requests were not answered with 200`)
  return { requests, requestsPerS: (requests * 1e6) / durationUs, p99Ms: p99Us / 1000 }
}

/** A third of the requests is named in the query, a third by a token, a third by a citizen's account. */
function luaScript(): string {
  const tokens = Array.from({ length: 50 }, (_, i) => anAccessToken(`${String(10_000 + i)}_BV`))
  return `
local wait = 0
local n = 0
local tokens = { ${tokens.map((token) => `"${token}"`).join(', ')} }
function init(args) wait = tonumber(args[1]) or 0 end
function delay() return wait * 2 * math.random() end
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
  io.write(string.format("FIGURES %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(99), failed))
end
`
}

function sampleLine(): string {
  const uri = '/api/egw/KQNhanLichSuKCB2024?token=abc&id_token=def&username=01234_BV&password='
  return `{"at":"2026-11-22T08:00:00+07:00","ip":"203.0.113.7","port":"51000","method":"POST","uri":"${uri}","status":"200","bytes":"812","ms":"0041","host":"egw.example","accessToken":"","authorization":""}\n`
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
