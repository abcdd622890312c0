/** The files of docs/nginx and docs/haproxy as an administrator puts them there: real ports, TLS, HTTP/2, both families, the log, and one real watch. */
import { chmod, readFile, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import type { GateStatus } from '../../agent/gate/gate-status.ts'
import type { WatchStatus } from '../../agent/watch/watch-status.ts'
import { createLineParser } from '../../rules/requests/log-format.ts'
import { askSocket } from '../support/ask-socket.ts'
import { askEdge, type EdgeQuestion } from '../support/edge-asker.ts'
import {
  canMakeNetworks,
  createTestNetwork,
  EDGE_ADDRESS_4,
  EDGE_ADDRESS_6,
  type TestNamespace,
  type TestNetwork,
} from '../support/netns.ts'
import { startOwn } from '../support/place.ts'
import { type RecordingPortal, startRecordingPortal } from '../support/recording-portal.ts'
import { runOwn } from '../support/run-own.ts'
import { layOutEdge, startShippedHaproxy, startShippedNginx } from '../support/shipped-edges.ts'
import { isInstalled } from '../support/surroundings.ts'
import { until } from '../support/until.ts'
import { createWorkDir } from '../support/work-dir.ts'

const CITIZEN = '0'.repeat(12)
const NAMED = `01234_${CITIZEN}`
const U = '/api/egw/KQNhanLichSuKCB2024'
const OLD = '/api/egw/KQNhanLichSuKCB2018'
const CLIENTS = { hospital: ['20.1.0.1', '2400:1::1'], balancer: ['20.2.0.1', '2400:2::1'] }
const EDGES = [EDGE_ADDRESS_4, EDGE_ADDRESS_6] as const
/** More look-ups than the shipped policy lets an account make in half a minute. */
const HARVEST = 600

t.setTimeout(290_000)
if (!canMakeNetworks() || process.getuid?.() !== 0 || !isInstalled('nginx') || !isInstalled('haproxy')) {
  t.plan(0, 'needs root, ip(8), nginx and HAProxy')
} else {
  await using work = await createWorkDir('ew-shipped')
  const folder = work.path
  const options = { folder, balancers: CLIENTS.balancer }
  await layOutEdge(options)
  await using portal = await startRecordingPortal(`${folder}/portal.sock`)
  await chmod(`${folder}/portal.sock`, 0o666)
  // Each has ports 80 and 443 of its own.
  await using nginxNet = await createTestNetwork({ clients: CLIENTS })
  await using haproxyNet = await createTestNetwork({ clients: CLIENTS })
  await writeFile(`${folder}/agent.yaml`, configOf(folder))
  for (const name of ['edgeward', 'haproxy']) await writeFile(`${folder}/log/${name}.log`, '')
  await using nginx = await startShippedNginx(nginxNet.edge, options)
  const startWatch = () => startOwn(nginxNet.edge, 'watch', 'agent/main.ts', ['watch', '--config', `${folder}/agent.yaml`])
  await using watch = startWatch()
  const status = async () => askSocket<WatchStatus & { readonly gate?: GateStatus }>(`${folder}/watch.sock`, '/status')
  await until('watch is ready', async () => (await status()).isReady || undefined)
  await using haproxy = await startShippedHaproxy(haproxyNet.edge, options)
  await until('HAProxy has its maps', async () => {
    if (haproxy.exit !== undefined) throw new Error(haproxy.lines.join('\n'))
    return (await status()).faults.every(({ code }) => !code.startsWith('GATE_HAPROXY')) || undefined
  })

  for (const [name, network] of [
    ['nginx', nginxNet],
    ['HAProxy', haproxyNet],
  ] as const) {
    await t.test(`${name}: the same decisions over every way in`, (t) => tryWays(t, network, portal))
    await t.test(`${name}: X-Forwarded-For of the balancers, and of nobody else`, (t) => tryBalancers(t, network, portal))
  }

  await t.test('the log of nginx tells address and port of each connection', async (t) => {
    const parser = createLineParser('nginx-json', { key: new Uint8Array(32) })
    const lines = (await readFile(`${folder}/log/edgeward.log`, 'utf8')).trimEnd().split('\n')
    const read = lines.map((line) => parser.parseLine(line))
    t.notOk(read.includes(undefined), 'every line is read')
    for (const ip of CLIENTS.hospital) {
      const ports = read.filter((request) => request?.ip === ip).map((request) => request?.port)
      t.ok(ports.length > 10 && ports.every((port) => port !== undefined && port > 1024), `${ports.length} of ${ip}`)
    }
    const passed = portal.requests.filter(({ headers }) => headers['x-real-port'] !== undefined)
    for (const { url, headers } of passed.slice(0, 20))
      t.match(headers, { 'x-real-ip': /^(20|2400)/, 'x-real-port': /^\d+$/ }, url)
  })

  await t.test('a harvest behind HAProxy: by its log to watch, by watch to its maps', async (t) => {
    const hospital = haproxyNet.client('hospital')
    const logOf = async (name: string) => (await status()).logs.find(({ path }) => path.endsWith(name))
    const before = (await readFile(`${folder}/log/haproxy.log`, 'utf8')).split('\n').length - 1
    const harvest = `01299_${CITIZEN}`
    const lookup = (card: number, end: string): string => {
      // Scattered: by numbers in a row it would be throttled on the way.
      const body = `maThe=${String(1_000_000_000 + ((card * 1_299_709_331) % 8_999_999_993))}`
      return `POST ${U}?username=${harvest} HTTP/1.1\r\nHost: egw.example\r\n${end}Content-Length: ${body.length}\r\n\r\n${body}`
    }
    const burst = Array.from({ length: HARVEST }, (_, i) => lookup(i, i === HARVEST - 1 ? 'Connection: close\r\n' : '')).join('')
    const [first] = await askEdge(hospital, [{ address: EDGE_ADDRESS_4, port: 80, bytes: burst }])
    t.equal(first?.seen.length, HARVEST)
    t.match(first?.seen[0], '200')
    await until('every line is read', async () => ((await logOf('haproxy.log'))?.lines ?? 0) >= before + HARVEST || undefined)
    t.match(await logOf('haproxy.log'), { lines: before + HARVEST, requests: before + HARVEST, faults: {}, unnamed: 0 })
    await until('it is suspended', async () => ((await status()).gate?.flags ?? 0) > 0 || undefined)
    const end = lookup(0, 'Connection: close\r\n')
    await until('HAProxy knows', async () => {
      const [next] = await askEdge(hospital, [{ address: EDGE_ADDRESS_4, port: 80, bytes: end }])
      return next?.seen[0] === '403 ACCOUNT_SUSPENDED' || undefined
    })
    const flagged = JSON.parse(watch.lines.find((line) => line.includes('"action":"suspend"')) ?? '{}') as { subjects?: number }
    t.ok((flagged.subjects ?? 0) > HARVEST / 4, `counted in persons: ${flagged.subjects}`)
    t.notMatch(JSON.stringify(await status()), CITIZEN)
    const bySyslog = await logOf('haproxy.sock')
    t.match(bySyslog, { isThere: true, faults: {}, losses: 0 })
    t.ok((bySyslog?.requests ?? 0) > 20, 'the same lines come by syslog, as far as the kernel holds them')
  })

  await t.test('the rehearsal and the counts of both', async (t) => {
    await until(
      'HAProxy was asked',
      async () => ((await status()).gate?.byReason.ACCOUNT_SUSPENDED.refused ?? 0) > 0 || undefined,
    )
    const found = await runOwn('agent/main.ts', ['rehearse', '--config', `${folder}/agent.yaml`, '--json'])
    t.equal(found.exitCode, 0, found.stderr)
    const rows = found.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const suspended = rows.filter(({ reason }) => reason === 'ACCOUNT_SUSPENDED')
    t.match(suspended, [{ facility: '01299', source: CLIENTS.hospital[0] }], 'of HAProxy alone')
    const retired = rows.filter(({ reason, client }) => reason === 'FUNCTION_RETIRED' && client === 'HIS/2.0')
    t.same(new Set(retired.map(({ source }) => source)), new Set(CLIENTS.hospital), 'over HTTP/2, of both')
    for (const row of retired) t.ok(Number(row.refused) >= 2 * 2, 'nginx and HAProxy, each two names')
    t.notMatch(found.stdout, CITIZEN)
  })

  for (const [name, network, signal, proxy] of [
    ['nginx', nginxNet, 'SIGHUP', nginx],
    ['HAProxy', haproxyNet, 'SIGUSR2', haproxy],
  ] as const)
    await t.test(`${name}: reloads under load lose no request`, async (t) => {
      const from = portal.requests.length
      // One account for each connection: so many look-ups of one would be a harvest.
      const over = EDGES.map((address, side) => {
        const ask = (number: number, target: string) => ({
          address,
          port: number % 3 === 0 ? 443 : 80,
          ...(number % 3 === 0 ? { serverName: 'egw.example' } : {}),
          bytes: requestOf(target, '1.1', `${20_000 + 1000 * side + number}_${CITIZEN}`),
        })
        return askEdge(
          network.client('hospital'),
          Array.from({ length: 240 }, (_, number) => ask(number, number % 2 === 0 ? U : OLD)),
        )
      })
      for (const reached of [20, 120]) {
        await until(`${reached} have reached the portal`, () => portal.requests.length - from > reached || undefined, {
          everyMs: 5,
        })
        process.kill(proxy.pid, signal)
      }
      const answers = (await Promise.all(over)).flat()
      const counts = Map.groupBy(answers, ({ seen, error }) => error ?? seen.join())
      t.same(Object.fromEntries([...counts].map(([seen, all]) => [seen, all.length])), {
        200: 240,
        '403 FUNCTION_RETIRED': 240,
      })
    })

  await t.test('watch killed, and started again', async (t) => {
    const askBoth = async () => {
      const question = { address: EDGE_ADDRESS_4, port: 80, bytes: requestOf(OLD) }
      const answers = await Promise.all([nginxNet, haproxyNet].map((network) => askEdge(network.client('hospital'), [question])))
      return answers.map(([answer]) => answer?.seen[0])
    }
    const refused = '403 FUNCTION_RETIRED'
    t.same(await askBoth(), [refused, refused])
    await watch.stop('SIGKILL')
    t.same(await askBoth(), ['200', refused], 'nginx goes by the shipped default, HAProxy by what it was told')
    await using _next = startWatch()
    await until('both again', async () => (await askBoth()).every((answer) => answer === refused) || undefined)
  })
}

function requestOf(target: string, version = '1.1', account = NAMED): string {
  return `GET ${target}?username=${account} HTTP/${version}\r\nHost: egw.example\r\nConnection: close\r\n\r\n`
}

async function tryWays(t: Test, network: TestNetwork, portal: RecordingPortal): Promise<void> {
  const hospital = network.client('hospital')
  const ways: readonly (readonly [string, (target: string) => Omit<EdgeQuestion, 'address'>])[] = [
    ['HTTP/1.0', (target) => ({ port: 80, bytes: requestOf(target, '1.0') })],
    ['HTTP/1.1', (target) => ({ port: 80, bytes: requestOf(target) })],
    ['an absolute target', (target) => ({ port: 80, bytes: requestOf(`http://egw.example${target}`) })],
    ['TLS', (target) => ({ port: 443, serverName: 'egw.example', bytes: requestOf(target) })],
    ['TLS, HTTP/1.0', (target) => ({ port: 443, serverName: 'gdbhyt.example', bytes: requestOf(target, '1.0') })],
    ['a name that nobody knows', (target) => ({ port: 443, serverName: 'other.example', bytes: requestOf(target) })],
    ['no name', (target) => ({ port: 443, serverName: '', bytes: requestOf(target) })],
    ...['egw.example', 'other.example'].map(
      (serverName) =>
        [
          `HTTP/2 as ${serverName}`,
          (target: string) => ({
            port: 443,
            serverName,
            paths: [`${target}?username=${NAMED}`],
            headers: { 'user-agent': 'HIS/2.0' },
          }),
        ] as const,
    ),
  ]
  for (const [at, address] of EDGES.entries()) {
    const from = portal.requests.length
    const questions = ways.flatMap(([, question]) => [U, OLD].map((target) => ({ address, ...question(target) })))
    const answers = await askEdge(hospital, questions)
    for (const [number, [name]] of ways.entries()) {
      const [good, bad] = answers.slice(2 * number, 2 * number + 2)
      t.same([good?.seen, bad?.seen], [['200'], ['403 FUNCTION_RETIRED']], `${name} to ${address}: ${good?.error ?? ''}`)
      t.equal(good?.alpn, name.startsWith('HTTP/2') ? 'h2' : questions[2 * number]?.serverName === undefined ? '' : 'http/1.1')
    }
    const told = portal.requests
      .slice(from)
      .map(({ headers }) => [headers['x-real-ip'], headers['x-forwarded-for'], headers['x-real-port']])
    const ip = CLIENTS.hospital[at]
    t.same(
      told,
      answers.filter((_, number) => number % 2 === 0).map(({ localPort }) => [ip, ip, String(localPort)]),
      'the portal is told where each came from, to the port',
    )
  }
}

async function tryBalancers(t: Test, network: TestNetwork, portal: RecordingPortal): Promise<void> {
  /** What the portal was told of each. */
  const told = async (client: TestNamespace, address: string, headers: readonly string[]): Promise<readonly unknown[]> => {
    const from = portal.requests.length
    const questions = headers.map((lines) => ({
      address,
      port: 80,
      bytes: `GET ${U}?username=${NAMED} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`,
    }))
    const answers = await askEdge(client, questions)
    return answers.map(({ seen }, number) => {
      const { 'x-real-ip': ip, 'x-forwarded-for': forwarded } = portal.requests[from + number]?.headers ?? {}
      return [seen[0], ip, forwarded]
    })
  }
  const [v4, v6, junk] = ['198.51.100.9', '2001:db8::9', '192.0.2.66']
  const one = (ip: string): string => `X-Forwarded-For: ${ip}\r\n`
  const headers = [one(v4), one(`${junk}, ${v6}`), one(junk) + one(v4), one('nonsense')]
  for (const [at, address] of EDGES.entries()) {
    const own = CLIENTS.hospital[at]
    const nobody = headers.map(() => ['200', own, own])
    t.same(await told(network.client('hospital'), address, headers), nobody, 'of a hospital: not believed')
    const itself = CLIENTS.balancer[at]
    t.same(
      await told(network.client('balancer'), address, headers),
      [v4, v6, v4, itself].map((ip) => ['200', ip, ip]),
      'of a balancer: whom it saw, not what it was told; itself where it says nothing',
    )
  }
}

function configOf(folder: string): string {
  return `name: edge-1
control: {url: "https://control.example"}
management: {prefixes: none}
gate: {socket: ${folder}/run/gate.sock, dir: ${folder}/ho, haproxy: {socket: ${folder}/run/edgeward.sock, maps: ${folder}/haproxy}}
watch:
  logs: [{path: ${folder}/log/edgeward.log, format: nginx-json}, {path: ${folder}/log/haproxy.log, format: nginx-json}]
  syslog: [{socket: ${folder}/run/haproxy.sock, mode: "0666", format: nginx-json}]
  socket: ${folder}/watch.sock
  stateDir: ${folder}/state
`
}
