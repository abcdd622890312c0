/** What the dispatches order, request by request, on both proxies under a clock that is moved: dates, OTP, suspensions, restarts and reloads. */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { formatGateKeys } from '../../rules/gate/gate-keys.ts'
import { gateToken } from '../../rules/gate/gate-token.ts'
import { GRANT_IDLE_MS } from '../../rules/grants/grant-life.ts'
import { formatGrants, grantsDocument } from '../../rules/grants/grants-document.ts'
import { maskAccount } from '../../rules/requests/mask-account.ts'
import { anAccessToken } from '../support/access-token.ts'
import { type GateEdge, startBothGates } from '../support/both-gates.ts'
import { aFlag, ask, GATE_MASKING_KEY, proxyLine } from '../support/gate-edge.ts'
import { atMs } from '../support/gate-states.ts'
import { createHaproxyAsker, seen } from '../support/haproxy-asker.ts'
import { PORTAL_SHAPES } from '../support/portal-shapes.ts'
import { isInstalled } from '../support/surroundings.ts'
import { until } from '../support/until.ts'
import { createWorkDir } from '../support/work-dir.ts'

const CITIZEN = '0'.repeat(12)
const NAMED = `01234_${CITIZEN}`
const OTHER = `01235_${CITIZEN}`
const U = '/api/egw/KQNhanLichSuKCB2024'
const HISTORY = '/api/egw/Lskcb2025'
const IP = '203.0.113.7'
const DAY_MS = 86_400_000
/** 1923/BHXH-CNTT §1b and §1c */
const DATE = atMs('2024-08-01T00:00+07:00')

t.setTimeout(290_000)
if (!isInstalled('nginx') || !isInstalled('haproxy')) {
  t.plan(0, 'needs nginx and HAProxy')
} else {
  await using work = await createWorkDir('ew-policy')
  await using parts = new AsyncDisposableStack()
  for (const edge of await startBothGates(work.path, DATE - DAY_MS, parts)) {
    const { send, get } = createHaproxyAsker(edge.front, { account: NAMED, ip: IP })
    const asker = { send, get }
    await t.test(`${edge.name}: the dates of the dispatches, for every shape of a request`, (t) => crossDates(t, edge))
    await t.test(`${edge.name}: other dates of a policy`, (t) => crossPolicy(t, edge, asker))
    await t.test(`${edge.name}: OTP before a history`, (t) => tryOtp(t, edge, asker))
    await t.test(`${edge.name}: addresses of facilities, in every form`, (t) => tryAddresses(t, edge, asker))
    await t.test(`${edge.name}: a suspension in the middle of a harvest, and a thousand at once`, (t) => suspend(t, edge, asker))
    await t.test(`${edge.name}: reloads under load lose no request`, (t) => reload(t, edge, asker))
    await t.test(`${edge.name}: the gate stopped and started again`, (t) => restart(t, edge, asker))
  }
}

type Asker = Pick<ReturnType<typeof createHaproxyAsker>, 'send' | 'get'>

async function crossDates(t: Test, edge: GateEdge): Promise<void> {
  const { send } = createHaproxyAsker(edge.front, { account: NAMED, ip: IP })
  /** A name of the body is no secret to HAProxy alone. */
  const askAll = async (when: string, isPast: boolean): Promise<void> => {
    for (const { request, headers = '', body = '', account, isOld } of PORTAL_SHAPES) {
      const isNamed = account !== 'body' || edge.name === 'HAProxy'
      const reason = isOld ? 'FUNCTION_RETIRED' : account !== undefined && isNamed ? 'SHARED_ACCOUNT' : ''
      const wanted = reason === '' ? '200' : `${isPast ? 403 : 200} ${reason}`
      for (const ip of [IP, '2001:db8::7'])
        t.equal(seen(await send(request, { ip, more: headers, body })), wanted, `${when}: ${request} of ${ip}`)
    }
  }
  for (const [when, at, isPast] of [
    ['a day before', DATE - DAY_MS, false],
    ['a second before', DATE - 1000, false],
    ['a millisecond before', DATE - 1, false],
    ['at the date', DATE, true],
    ['a day after', DATE + DAY_MS, true],
  ] as const) {
    await edge.setClock(at)
    await askAll(when, isPast)
  }
  await until('time has been noted', () => edge.running.gate.holder.mark.markMs >= DATE || undefined)
  await edge.told()
  await edge.setClock(DATE - DAY_MS)
  await askAll('a clock that was set back', true)
  await edge.setClock(DATE + DAY_MS)
}

async function crossPolicy(t: Test, edge: GateEdge, { get }: Asker): Promise<void> {
  const [rehearseFrom, enforceFrom, over] = [1, 2, 3].map((hours) => new Date(DATE + DAY_MS + hours * 3_600_000).toISOString())
  await edge.takePolicy(
    JSON.stringify({
      shared: { mode: 'off', rehearseFrom, enforceFrom },
      retired: { functions: [{ function: 'ktMathe', from: enforceFrom }] },
      exemptions: [{ rules: ['shared'], facility: '01299', until: over, reason: 'not ready' }],
    }),
  )
  for (const [hour, shared, retired, exempt] of [
    [0, '200', '200 FUNCTION_RETIRED', '200'],
    [1, '200 SHARED_ACCOUNT', '200 FUNCTION_RETIRED', '200 SHARED_ACCOUNT'],
    [2, '403 SHARED_ACCOUNT', '403 FUNCTION_RETIRED', '200 SHARED_ACCOUNT'],
    [3, '403 SHARED_ACCOUNT', '403 FUNCTION_RETIRED', '403 SHARED_ACCOUNT'],
  ] as const) {
    const at = DATE + DAY_MS + hour * 3_600_000
    for (const [ms, is] of [
      [at - 1, false],
      [at, true],
    ] as const) {
      await edge.setClock(ms)
      const found = [await get(U, '01234_BV'), await get('/api/egw/ktMathe'), await get(U, '01299_BV')].map(seen)
      if (is) t.same(found, [shared, retired, exempt], `${hour} hours on`)
      else if (hour > 0) t.notSame(found, [shared, retired, exempt], `${hour} hours on, but for a millisecond`)
    }
  }
  await edge.takePolicy('')
}

async function tryOtp(t: Test, edge: GateEdge, { get, send }: Asker): Promise<void> {
  const { running } = edge
  const key = new Uint8Array(32).fill(9)
  const startMs = DATE + 2 * DAY_MS
  await edge.setClock(startMs)
  const history = async (account = NAMED): Promise<string> => seen(await get(HISTORY, account))
  let version = 0
  const take = async (...grants: readonly { account: string; usedAtMs: number; endsAtMs: number }[]): Promise<void> => {
    version += 1
    const now = version
    const all = grants.map(({ account, usedAtMs, endsAtMs }) => ({
      token: gateToken(key, account),
      grantedAtMs: usedAtMs,
      usedAtMs,
      endsAtMs,
    }))
    const content = formatGrants(grantsDocument(now, running.clock.nowMs(), all))
    await running.handOver('grants.json', content, (gate) => gate.status().versions.grants === now)
    await edge.told()
  }
  const at = async (ms: number): Promise<void> => {
    await edge.setClock(ms)
    await edge.told()
  }
  t.equal(await history(), '200', 'without a list nothing is judged')
  await running.handOver('gate.key', formatGateKeys([key]), (gate) => gate.holder.hasKeys)
  await take()
  t.equal(await history(), '403 OTP_NEEDED', 'without a code')
  await take({ account: NAMED, usedAtMs: startMs, endsAtMs: startMs + 12 * 3_600_000 })
  t.equal(await history(), '200', 'with one')
  t.equal(seen(await get('/api/egw/nhanHoSoKCBChiTiet')), '200', 'a record too')
  t.equal(seen(await get('/ThongTuyenLSKCB/CheckMaThe')), '200', 'and the web page')
  t.equal(await history(OTHER), '403 OTP_NEEDED', 'the code of another person')
  t.equal(
    seen(await send(`GET ${HISTORY}?username=${OTHER} HTTP/1.1`, { more: `accessToken: ${anAccessToken(NAMED)}\r\n` })),
    '403 OTP_NEEDED',
    'another person who shows a token of the first',
  )
  const from = '203.0.113.200'
  t.equal(seen(await get(`/api/token/take`, NAMED, from)), '200')
  t.equal(seen(await send(`GET ${HISTORY} HTTP/1.1`, { ip: from })), '403 OTP_NEEDED', 'a guess by the address of a log-in')
  await at(startMs + GRANT_IDLE_MS - 1000)
  t.equal(await history(), '200', 'half an hour but for a second')
  await at(startMs + 2 * GRANT_IDLE_MS - 2000)
  t.equal(await history(), '200', 'each look-up renews it')
  await at(startMs + 3 * GRANT_IDLE_MS - 2000)
  t.equal(await history(), '403 OTP_LAPSED', 'half an hour without one')
  const old = formatGrants(
    grantsDocument(1, startMs, [
      { token: gateToken(key, NAMED), grantedAtMs: startMs, usedAtMs: running.clock.nowMs(), endsAtMs: startMs + 12 * 3_600_000 },
    ]),
  )
  await running.handOver('grants.json', old, (gate) => gate.faults().some(({ code }) => code === 'GATE_DOCUMENT_OLD'))
  await edge.told()
  t.equal(await history(), '403 OTP_LAPSED', 'an older document that is played again')
  await take({ account: NAMED, usedAtMs: running.clock.nowMs(), endsAtMs: running.clock.nowMs() + 600_000 })
  t.equal(await history(), '200', 'another code')
  await at(running.clock.nowMs() + 600_000)
  t.equal(await history(), '403 OTP_LAPSED', 'its session has ended, though it was in use')
  await edge.takePolicy('otp: { mode: off }')
}

async function tryAddresses(t: Test, edge: GateEdge, { get }: Asker): Promise<void> {
  const rows = '["203.0.113.7","01234:01"],\n["2001:db8:1::/48","01234:01"]'
  const content = `{"format":"edgeward-facilities/1","list":"${'0'.repeat(64)}","rows":[\n${rows}\n]}\n`
  await edge.running.handOver('facilities.json', content, (gate) => gate.holder.state.facilities !== undefined)
  await edge.takePolicy('otp: { mode: off }\naddress: { mode: enforce }')
  for (const [ip, wanted] of [
    ['203.0.113.7', '200'],
    ['::ffff:203.0.113.7', '200'],
    ['203.0.113.8', '403 ADDRESS_OF_OTHER'],
    ['::ffff:203.0.113.8', '403 ADDRESS_OF_OTHER'],
    ['2001:db8:1::1', '200'],
    ['2001:0db8:0001:0000:ffff:0000:0000:0001', '200'],
    ['2001:db8:2::1', '403 ADDRESS_OF_OTHER'],
    ['64:ff9b::203.0.113.7', '403 ADDRESS_OF_OTHER'],
  ] as const)
    t.equal(seen(await get(U, NAMED, ip)), wanted, ip)
  await edge.takePolicy('otp: { mode: off }\naddress: { mode: off }')
}

async function suspend(t: Test, edge: GateEdge, { get, send }: Asker): Promise<void> {
  const { flags, clock } = edge.running
  const untilMs = clock.nowMs() + 3_600_000
  const masked = (account: string): string => maskAccount(account, GATE_MASKING_KEY)
  const socket = connect(edge.front)
  await once(socket, 'connect')
  socket.write(proxyLine(IP))
  let got = ''
  socket.on('data', (chunk: Buffer) => {
    got += chunk.toString('latin1')
  })
  const answers = (): string[] => [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map((found) => found[1] ?? '')
  for (let i = 0; i < 40; i += 1) {
    if (i === 25) {
      flags.take(aFlag(masked(NAMED), untilMs))
      await edge.told()
    }
    socket.write(`GET ${U}?username=${NAMED}&maThe=${i} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await until('an answer', () => answers().length > i || undefined, { everyMs: 1 })
  }
  socket.destroy()
  const wanted = [...Array<string>(25).fill('200'), ...Array<string>(15).fill('403')]
  t.same(answers(), wanted, 'the next request of its connection is refused')
  t.equal(seen(await get('/api/qd130/x')), '200', 'claims can still be sent')
  const under = await send(`GET ${U}?username=${OTHER} HTTP/1.1`, { more: `accessToken: ${anAccessToken(NAMED)}\r\n` })
  t.equal(seen(under), '403 ACCOUNT_SUSPENDED', 'nor under another name')

  const accounts = Array.from({ length: 1000 }, (_, i) => `${String(20_000 + i)}_${CITIZEN}`)
  const askAll = async (): Promise<ReadonlyMap<string, number>> => {
    const counts = new Map<string, number>()
    for (let at = 0; at < accounts.length; at += 50)
      for (const answer of await Promise.all(accounts.slice(at, at + 50).map((account) => get(U, account))))
        counts.set(seen(answer), (counts.get(seen(answer)) ?? 0) + 1)
    return counts
  }
  t.same([...(await askAll())], [['200', 1000]])
  for (const account of accounts) flags.take(aFlag(masked(account), untilMs))
  await edge.told()
  t.same([...(await askAll())], [['403 ACCOUNT_SUSPENDED', 1000]], 'a thousand at once')
  t.equal(seen(await get(U, `19999_${CITIZEN}`)), '200', 'and nobody else')
  await edge.setClock(untilMs)
  t.same([...(await askAll())], [['200', 1000]], 'each ends by itself')
}

async function reload(t: Test, edge: GateEdge, { get }: Asker): Promise<void> {
  let reloads: Promise<void> = Promise.resolve()
  const found = new Map<string, number>()
  const client = async (number: number): Promise<void> => {
    for (let i = 0; i < 60; i += 1) {
      if (number === 0 && (i === 15 || i === 40)) reloads = reloads.then(() => edge.reload())
      const answer = seen(await get(U, number % 2 === 0 ? '01235_BV' : NAMED))
      found.set(answer, (found.get(answer) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 10 }, (_, number) => client(number)))
  await reloads
  t.same(
    [...found].sort(([a], [b]) => (a < b ? -1 : 1)),
    [
      ['200', 300],
      ['403 SHARED_ACCOUNT', 300],
    ],
  )
}

async function restart(t: Test, edge: GateEdge, { get }: Asker): Promise<void> {
  t.equal(seen(await get(U, '01235_BV')), '403 SHARED_ACCOUNT')
  const at = edge.running.clock.nowMs()
  await edge.running.stop()
  t.equal(seen(await get(U, '01235_BV')), edge.name === 'nginx' ? '200' : '403 SHARED_ACCOUNT', 'stopped: the shipped default')
  const closed = await ask(`${edge.folder}/closed.sock`, `${proxyLine(IP)}GET ${U}?username=01235_BV HTTP/1.0\r\n\r\n`)
  t.equal(closed.status, edge.name === 'nginx' ? 503 : 403, 'and the other')
  await rm(`${edge.folder}/gate.sock`, { force: true })
  const next = await edge.startGateAgain(at)
  t.equal(seen(await get(U, '01235_BV')), '403 SHARED_ACCOUNT', 'back, with what was handed over')
  t.equal(seen(await get(HISTORY)), '200', 'and by the policy that it had')
  t.ok(next.gate.holder.policyVersion !== null)
}
