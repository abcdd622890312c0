/** The logs of the real nginx and the real HAProxy as syslog messages to the sockets of the real watch. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { WatchStatus } from '../../agent/watch/watch-status.ts'
import { askSocket } from '../support/ask-socket.ts'
import { canMakeNetworks, createTestNetwork } from '../support/netns.ts'
import { SEND_RAW_FILE } from '../support/send-raw.ts'
import { createService } from '../support/service.ts'
import { isInstalled } from '../support/surroundings.ts'
import { until } from '../support/until.ts'

const SHIPPED_FORMAT = fileURLToPath(new URL('../../docs/nginx/edgeward-log-format.conf', import.meta.url))
const AGENT = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))
const NGINX_PORT = 8080
const HAPROXY_PORT = 8081
const ROUNDS = 6
const PATIENCE = { deadlineMs: 120_000 }
const U = '/api/egw/KQNhanLichSuKCB2024'

/** What a client sends; each names `01234_BV` or nobody, whatever it tries. */
const REQUESTS = [
  `GET ${U}?token=a&username=01234_BV&password=hunter2 HTTP/1.1\r\nHost: egw.example\r\n\r\n`,
  `GET ${U}?username=01234_BV&x="},{"ip":"198.51.100.9","account":"99999_BV" HTTP/1.1\r\nHost: egw.example\r\n\r\n`,
  `GET ${U}?username=01234_BV&x=<134>Nov&y=${'z'.repeat(3000)} HTTP/1.1\r\nHost: egw.example\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: egw.example\r\nUser-Agent: <134>Nov 22 08:00:00 x: {"at":"2026-11-22T08:00:00+07:00"}\r\n\r\n`,
]

t.setTimeout(290_000)
if (!canMakeNetworks() || !isInstalled('nginx') || !isInstalled('haproxy')) {
  t.plan(0, 'needs root, ip(8), nginx and haproxy')
} else {
  const folder = await mkdtemp(join(tmpdir(), 'edgeward-syslog-'))
  await using network = await createTestNetwork({ clients: {} })
  await writeFile(join(folder, 'agent.yaml'), agentConfig(folder))
  await writeFile(join(folder, 'nginx.conf'), nginxConfig(folder))
  await writeFile(join(folder, 'haproxy.cfg'), haproxyConfig(folder))
  const status = () => askSocket<WatchStatus>(join(folder, 'watch.sock'), '/status').catch(() => undefined)
  const startWatch = async () => {
    const args = [AGENT, 'watch', '--config', join(folder, 'agent.yaml')]
    const watch = createService('watch', network.edge.start(process.execPath, args))
    const isReady = async () => {
      if (watch.exit !== undefined) throw new Error(`watch ended: ${watch.lines.join('\n')}`)
      return (await status())?.isReady === true || undefined
    }
    await until('watch to listen', isReady, PATIENCE)
    return watch
  }
  const send = async (rounds: number) => {
    const raw = Array.from({ length: rounds }, () =>
      [NGINX_PORT, HAPROXY_PORT].flatMap((port) =>
        REQUESTS.map((text) => ({ address: '127.0.0.1', port, base64: Buffer.from(text).toString('base64') })),
      ),
    ).flat()
    await network.edge.mustRun(process.execPath, [SEND_RAW_FILE], { input: JSON.stringify(raw) })
  }

  const watch = await startWatch()
  const nginx = createService('nginx', network.edge.start('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log']))
  const env = { TZ: 'Asia/Ho_Chi_Minh' }
  const haproxy = createService('haproxy', network.edge.start('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { env }))
  for (const port of [NGINX_PORT, HAPROXY_PORT]) {
    const listens = async () => (await network.edge.run('ss', ['-Hltn', `sport = :${port}`])).stdout.includes('LISTEN')
    await until(`a proxy on ${port}`, async () => (await listens()) || undefined, PATIENCE)
  }

  await t.test('every line comes, whatever clients write', async (t) => {
    await send(ROUNDS)
    const lines = ROUNDS * REQUESTS.length
    const seen = await until(
      'every line',
      async () => {
        const found = await status()
        return found?.logs.every((log) => log.lines >= lines) === true ? found : undefined
      },
      PATIENCE,
    )
    for (const log of seen.logs) {
      t.match(log, { lines, requests: lines, faults: {}, unnamed: 0, losses: 0, isThere: true }, `${log.format} from ${log.path}`)
      t.ok(Math.abs(Date.parse(log.newestLineAt ?? '') - Date.now()) < 600_000, 'with the time of now')
    }
    const perLog = lines - ROUNDS
    t.equal(seen.accounts.held, 1, 'one account and no other')
    // The list of the busiest is some seconds old.
    const isWhole = ({ accounts }: WatchStatus) => accounts.top[0]?.lookups24h === perLog * seen.logs.length
    const counted = await until(
      'every look-up counted',
      async () => [await status()].find((found) => found !== undefined && isWhole(found)),
      PATIENCE,
    )
    t.match(counted.accounts.top, [{ account: '01234_BV' }])
  })

  await watch.stop('SIGTERM')
  const next = await startWatch()
  await t.test('both proxies find the sockets of a watch that was started again', async (t) => {
    await until(
      'both proxies to find the new sockets',
      async () => {
        await send(1)
        return (await status())?.logs.every((log) => log.lines > 0) === true || undefined
      },
      PATIENCE,
    )
    t.pass('a restart of watch needs none of the proxies')
  })
  for (const service of [next, haproxy, nginx]) await service.stop('SIGTERM')
  await rm(folder, { recursive: true, force: true })
}

function agentConfig(folder: string): string {
  const sockets = [
    `{socket: ${folder}/json.sock, format: nginx-json}`,
    `{socket: ${folder}/combined.sock, format: combined}`,
    `{socket: ${folder}/haproxy.sock, format: haproxy}`,
    `{socket: ${folder}/rfc5424.sock, format: haproxy}`,
  ]
  return `name: edge-1
control: {url: "https://control.example"}
management: {prefixes: none}
watch: {syslog: [${sockets.join(', ')}], socket: ${folder}/watch.sock, stateDir: ${folder}/state}
`
}

function nginxConfig(folder: string): string {
  return `daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 64; }
http {
  include ${SHIPPED_FORMAT};
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  keepalive_timeout 0;
  access_log syslog:server=unix:${folder}/json.sock edgeward;
  access_log syslog:server=unix:${folder}/combined.sock,nohostname,tag=portal combined;
  server { listen 127.0.0.1:${NGINX_PORT}; location / { return 200 "{}"; } }
}
`
}

function haproxyConfig(folder: string): string {
  return `global
  log ${folder}/haproxy.sock len 65535 local0
  log ${folder}/rfc5424.sock len 65535 format rfc5424 local0
defaults
  mode http
  log global
  option httplog
  option httpclose
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend portal
  bind 127.0.0.1:${HAPROXY_PORT}
  http-request return status 200
`
}
