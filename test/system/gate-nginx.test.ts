import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectSocket, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { findOpenPlaces } from '../../rules/gate/find-open-places.ts'
import { formatGateKeys } from '../../rules/gate/gate-keys.ts'
import { gateToken } from '../../rules/gate/gate-token.ts'
import { formatPolicy, parsePolicySource } from '../../rules/gate/policy-document.ts'
import { GRANT_IDLE_MS } from '../../rules/grants/grant-life.ts'
import { formatGrants, grantsDocument } from '../../rules/grants/grants-document.ts'
import { formatUsers } from '../../rules/users/users-document.ts'
import { anAccessToken } from '../support/access-token.ts'
import { aFlag, ask, printNginx, proxyLine, type RawAnswer, runGate, startGateNginx } from '../support/gate-edge.ts'
import { atMs, DAY_OF_TESTS } from '../support/gate-states.ts'
import { isInstalled } from '../support/surroundings.ts'
import { until } from '../support/until.ts'
import { createWorkDir } from '../support/work-dir.ts'

const CITIZEN = '0'.repeat(12)
const NAMED = `01234_${CITIZEN}`
const U = '/api/egw/KQNhanLichSuKCB2024'
const IP = '203.0.113.7'
const BEFORE = atMs('2024-07-31T23:59:59+07:00')
const AFTER = atMs('2024-08-01T00:00:00+07:00')

if (!isInstalled('nginx')) {
  t.plan(0, 'needs nginx')
} else {
  await using work = await createWorkDir('edgeward-gate')
  const folder = work.path
  let edge = await runGate({ folder, nowMs: BEFORE })
  await using nginx = await startGateNginx(folder)
  const front = `${folder}/front.sock`

  /** A whole request; `Host` and the end are added, and the connection ends with it. */
  const send = (request: string, { ip = IP, socket = front, body = '' } = {}): Promise<RawAnswer> =>
    ask(
      socket,
      `${proxyLine(ip)}${request}\r\nHost: egw.example\r\nConnection: close\r\n${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`,
    )
  const get = (uri: string, account = NAMED, more = ''): Promise<RawAnswer> =>
    send(`GET ${uri}?username=${account} HTTP/1.1${more}`)
  const seen = ({ status, headers }: RawAnswer): string =>
    `${status} ${headers['x-edgeward-reason'] ?? headers['x-edgeward-rehearsal'] ?? ''}`.trim()
  const restart = async (nowMs: number): Promise<void> => {
    await edge.stop()
    await rm(`${folder}/state/gate-mark.json`, { force: true })
    edge = await runGate({ folder, nowMs })
  }

  await t.test('no location is past the gate', async (t) => {
    const { open, servers, locations } = findOpenPlaces(await printNginx(folder))
    t.same([servers, locations], [3, 3])
    t.same(
      open.map(({ code, where }) => [code, where]),
      [
        ['RETURNS_FIRST', 'server _, location /'],
        ['NO_GATE', 'server _, location /'],
      ],
      'but that of the portal itself, which clients do not reach',
    )
    t.equal((await send('GET /_edgeward/gate HTTP/1.1')).status, 404, 'nobody asks the gate from outside')
  })

  await t.test('the dates of the dispatches, to the second', async (t) => {
    for (const [name, account, before, after] of [
      ['/api/egw/KQNhanLichSuKCB595', NAMED, '200 FUNCTION_RETIRED', '403 FUNCTION_RETIRED'],
      ['/api/egw/KQNhanLichSuKCB2018', NAMED, '200 FUNCTION_RETIRED', '403 FUNCTION_RETIRED'],
      ['/api/egw/KQNhanLichSuKCB2019', NAMED, '200 FUNCTION_RETIRED', '403 FUNCTION_RETIRED'],
      ['/api/egw/ktMathe', NAMED, '200', '200'],
      [U, NAMED, '200', '200'],
      [U, '01234_BV', '200 SHARED_ACCOUNT', '403 SHARED_ACCOUNT'],
      ['/api/token/take', '01234_bv', '200 SHARED_ACCOUNT', '403 SHARED_ACCOUNT'],
    ] as const) {
      edge.clock.moveTo(BEFORE)
      t.equal(seen(await get(name, account)), before, `${name} at 23:59:59`)
      edge.clock.moveTo(AFTER)
      t.equal(seen(await get(name, account)), after, `${name} at 00:00:00`)
    }
    const refused = await get('/api/egw/KQNhanLichSuKCB595')
    t.match(JSON.parse(refused.body), {
      maKetQua: '403',
      ghiChu: /ngừng cung cấp.*Liên hệ/,
      ghiChuEn: /stopped/,
      lyDo: 'FUNCTION_RETIRED',
    })
    t.match(refused.headers, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    await until('time has been noted', () => edge.gate.holder.mark.markMs >= AFTER || undefined)
    edge.clock.moveTo(BEFORE)
    t.equal(seen(await get(U, '01234_BV')), '403 SHARED_ACCOUNT', 'a clock set back brings nothing back')
    edge.clock.moveTo(BEFORE - 3_600_000)
    await until('that is told', () => edge.gate.faults().some(({ code }) => code === 'GATE_CLOCK_BACK') || undefined)
    await edge.stop()
    edge = await runGate({ folder, nowMs: BEFORE })
    t.equal(seen(await get(U, '01234_BV')), '403 SHARED_ACCOUNT', 'nor after a restart')
    await restart(DAY_OF_TESTS)
  })

  await t.test('every shape of a request, and none gets by', async (t) => {
    const token = anAccessToken('01234_BV')
    const named = `?username=${NAMED}`
    const shapes: readonly (readonly [string, string, string?])[] = [
      [`GET /api/egw/KQNhanLichSuKCB2019${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api/egw/nhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api/egw/KQnhanLichSuKCB595${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api/egw/api/egw/NhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /API/EGW/kqNHANlichsukcb2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api/egw/%4bQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api/egw/%2e%2e/egw/KQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /x/../api//egw/./KQNhanLichSuKCB2018/${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api/egw%2fKQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api%5cegw%5cKQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api/egw/KQNhanLichSuKCB2018;jsessionid=1${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /(S(abc))/api/egw/KQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET http://egw.example/api/egw/KQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`HEAD /api/egw/KQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`PUT /api/egw/KQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`OPTIONS /api/egw/KQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`PROPFIND /api/egw/KQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [`GET /api/egw/KQNhanLichSuKCB2018${named} HTTP/1.0`, 'FUNCTION_RETIRED'],
      [`POST ${U}?token=a&id_token=b&username=01234_BV&password=c HTTP/1.1`, 'SHARED_ACCOUNT', '{"maThe":"x"}'],
      [`POST ${U}?username=01234_bv&password=c&token=a&id_token=b HTTP/1.1`, 'SHARED_ACCOUNT', 'maThe=x'],
      [`POST ${U}?id_token=b&password=c&token=a&UserName=01234_BV HTTP/1.1`, 'SHARED_ACCOUNT'],
      [`POST ${U}?id_token=b&user%6eame=01234%5FBV HTTP/1.1`, 'SHARED_ACCOUNT'],
      [`POST ${U}?username=01234_BV&username=${NAMED} HTTP/1.1`, 'SHARED_ACCOUNT'],
      [`POST ${U}?username=%EF%BC%90%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94_BV HTTP/1.1`, 'SHARED_ACCOUNT'],
      [`POST /api/TraCuuCCT/TraCuuTienMCCT HTTP/1.1\r\naccessToken: ${token}`, 'SHARED_ACCOUNT'],
      [`POST /api/TraCuuCCT/TraCuuTienMCCT HTTP/1.1\r\nAuthorization: Bearer ${token}`, 'SHARED_ACCOUNT'],
      [`POST ${U} HTTP/1.1\r\naccesstoken: ${token}\r\nX-Original-URI: /`, 'SHARED_ACCOUNT'],
      [
        `POST ${U}?username=01234_BV HTTP/1.1\r\nX-Real-IP: 198.51.100.1\r\nX-Original-Method: GET\r\nX-Original-URI: /`,
        'SHARED_ACCOUNT',
      ],
      [`POST ${U}?username=01234_BV HTTP/1.1\r\nX-Original-URI : /\r\nX_Original_URI: /`, '400'],
      [`GET /${'x'.repeat(7000)}/../api/egw/KQNhanLichSuKCB2018${named} HTTP/1.1`, 'FUNCTION_RETIRED'],
      [
        `GET ${U}?username=01234_BV&x=${'y'.repeat(7500)} HTTP/1.1\r\nUser-Agent: ${'z'.repeat(7500)}\r\naccessToken: ${'w'.repeat(7500)}`,
        'SHARED_ACCOUNT',
      ],
      [`GET ${U}?username=01234_BV&x=${'y'.repeat(30_000)} HTTP/1.1`, '414'],
      [`TRACE ${U}?username=01234_BV HTTP/1.1`, '405'],
      ['GET * HTTP/1.1', '400'],
    ]
    for (const [request, expected, body = ''] of shapes) {
      const answer = await send(request, { body })
      t.match(`${answer.status} ${answer.headers['x-edgeward-reason'] ?? ''}`, expected, request.slice(0, 90))
    }
    const http09 = await ask(front, `${proxyLine(IP)}GET ${U}?username=01234_BV\r\n`)
    t.match(http09.text, /SHARED_ACCOUNT/, 'HTTP/0.9')
    for (const ip of ['2001:db8::7', '::ffff:203.0.113.7'])
      t.match(seen(await send(`GET ${U}?username=01234_BV HTTP/1.1`, { ip })), /^403/, `from ${ip}`)
  })

  await t.test('what nginx takes for one request, the gate does too', async (t) => {
    const bad = `GET ${U}?username=01234_BV HTTP/1.1\r\nHost: x\r\n\r\n`
    const good = `POST ${U}?username=${NAMED} HTTP/1.1\r\nHost: x\r\n`
    for (const [name, bytes] of [
      ['two in one', `${good}Content-Length: 0\r\n\r\n${bad}`],
      ['CL and TE', `${good}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${bad}`],
      ['TE and CL', `${good}Transfer-Encoding: chunked\r\nContent-Length: ${bad.length + 5}\r\n\r\n0\r\n\r\n${bad}`],
      ['two CL', `${good}Content-Length: 0\r\nContent-Length: ${bad.length}\r\n\r\n${bad}`],
      ['a TE that is none', `${good}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${bad}`],
      ['a TE behind a tab', `${good}Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n${bad}`],
      ['a folded header', `${good}X: y\r\n Content-Length: 5\r\n\r\n${bad}`],
      ['bare line feeds', `POST ${U}?username=${NAMED} HTTP/1.1\nHost: x\nContent-Length: 0\n\n${bad.replaceAll('\r', '')}`],
    ] as const) {
      const socket = connectSocket(front)
      await once(socket, 'connect')
      socket.end(proxyLine(IP) + bytes)
      const answers = await text(socket)
      t.notMatch(answers.split('HTTP/1.1 ').slice(2).join(), /^200/, name)
    }
    const reached = await readFile(`${folder}/reached.log`, 'utf8')
    const since = reached.split('\n').filter((line) => line.includes('username=01234_BV') || line.includes('KQNhanLichSuKCB2018'))
    // Those of the first second were let through, and rehearsed.
    t.same(
      since.filter((line) => !line.startsWith('GET ')),
      [],
      'nothing of all that reached the portal',
    )
    t.equal(since.length, 2, 'but what came before the date')
    t.match(reached, `GET ${U}?username=${NAMED} ${IP} 51000 ${IP}`, 'the portal is told address and port')
  })

  await t.test('HTTP/2', async (t) => {
    const raw = connectSocket(`${folder}/h2.sock`)
    raw.write(proxyLine(IP))
    const session = connectHttp2('http://egw.example', { createConnection: () => raw })
    const askHttp2 = async (path: string, method = 'GET'): Promise<string> => {
      const stream = session.request({ ':path': path, ':method': method })
      stream.end()
      const [headers] = (await once(stream, 'response')) as [Record<string, string | number>]
      await text(stream)
      return `${headers[':status']} ${headers['x-edgeward-reason'] ?? ''}`.trim()
    }
    t.same(
      await Promise.all([
        askHttp2(`${U}?username=01234_BV`),
        askHttp2(`${U}?username=${NAMED}`),
        askHttp2(`/api/egw/%4bQNhanLichSuKCB2018?username=${NAMED}`, 'POST'),
      ]),
      ['403 SHARED_ACCOUNT', '200', '403 FUNCTION_RETIRED'],
    )
    session.close()
  })

  await t.test('a suspension counts from the next request on, a thousand at once too', async (t) => {
    const others = Array.from({ length: 1000 }, (_, i) => `${String(20_000 + i)}_${CITIZEN}`)
    const masked = (account: string): string => edge.gate.holder.keysOf(account).masked
    const socket = connectSocket(front)
    socket.write(proxyLine(IP))
    let got = ''
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1')
    })
    const answers = (): string[] => [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map((found) => found[1] ?? '')
    for (let i = 0; i < 40; i += 1) {
      if (i === 25) edge.flags.take(aFlag(masked(NAMED), DAY_OF_TESTS + 60_000))
      socket.write(`GET ${U}?username=${NAMED}&maThe=${i} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await until('an answer', () => answers().length > i || undefined, { everyMs: 1 })
    }
    socket.destroy()
    t.same(
      answers(),
      [...Array<string>(25).fill('200'), ...Array<string>(15).fill('403')],
      'in the middle of a harvest, on one connection',
    )
    t.equal(seen(await get('/api/qd130/x')), '200', 'claims can still be sent')
    t.equal(
      seen(await send(`GET ${U}?username=09999_${CITIZEN} HTTP/1.1\r\naccessToken: ${anAccessToken(NAMED)}`)),
      '403 ACCOUNT_SUSPENDED',
      'nor under another name with its own token',
    )
    for (const account of others) edge.flags.take(aFlag(masked(account), DAY_OF_TESTS + 60_000))
    const refused = await Promise.all(others.filter((_, i) => i % 50 === 0).map((account) => get(U, account)))
    t.same([...new Set(refused.map(seen))], ['403 ACCOUNT_SUSPENDED'])
    t.equal(seen(await get(U, `19999_${CITIZEN}`)), '200', 'nobody else')
    edge.clock.moveBy(60_000)
    t.equal(seen(await get(U)), '200', 'it ends by itself')
    edge.flags.take(aFlag(masked(NAMED), edge.clock.nowMs() + 60_000, 'throttle'))
    const slowed: string[] = []
    for (let i = 0; i < 12; i += 1) slowed.push(seen(await get(U)))
    t.same(slowed, [...Array<string>(10).fill('200'), ...Array<string>(2).fill('429 ACCOUNT_THROTTLED')])
    t.match((await get(U)).headers, { 'retry-after': /^[1-3]$/ })
    edge.flags.take(aFlag(masked(NAMED), 0, 'release'))
    t.equal(seen(await get(U)), '200', 'released')
  })

  await t.test('what central signed: users, OTP grants, policy', async (t) => {
    const key = new Uint8Array(32).fill(9)
    const token = gateToken(key, NAMED)
    const nowMs = edge.clock.nowMs()
    const publishedAt = new Date(nowMs).toISOString()
    const history = () => get('/api/egw/Lskcb2025')
    t.equal(seen(await history()), '200', 'without a list nothing is judged')
    await edge.handOver('gate.key', formatGateKeys([key]), (gate) => gate.holder.hasKeys)
    await edge.handOver('grants.json', formatGrants(grantsDocument(1, nowMs, [])), (gate) => gate.status().versions.grants === 1)
    t.equal(seen(await history()), '403 OTP_NEEDED')
    const grant = { token, grantedAtMs: nowMs, usedAtMs: nowMs, endsAtMs: nowMs + 3 * 3_600_000 }
    await edge.handOver(
      'grants.json',
      formatGrants(grantsDocument(2, nowMs, [grant])),
      (gate) => gate.status().versions.grants === 2,
    )
    t.equal(seen(await history()), '200', 'with a grant')
    t.equal(seen(await get('/api/egw/Lskcb2025', `01235_${CITIZEN}`)), '403 OTP_NEEDED', 'of another person')
    t.equal(seen(await get('/api/egw/nhanHoSoKCBChiTiet')), '200', 'a record too')
    for (let i = 0; i < 3; i += 1) {
      edge.clock.moveBy(GRANT_IDLE_MS - 1)
      t.equal(seen(await history()), '200', 'each look-up renews it')
    }
    t.same(
      edge.gate.holder.grants?.usesSince(0).uses.map((use) => use.token),
      [token],
      'and is told',
    )
    edge.clock.moveBy(GRANT_IDLE_MS)
    t.equal(seen(await history()), '403 OTP_LAPSED', 'thirty minutes without one')
    await edge.handOver('grants.json', formatGrants(grantsDocument(1, nowMs, [])), (gate) =>
      gate.faults().some(({ code }) => code === 'GATE_DOCUMENT_OLD'),
    )
    t.equal(seen(await history()), '403 OTP_LAPSED', 'an older document is never taken again')

    const user = { token, facility: '01234', rights: ['lookup' as const], state: 'active' as const, untilMs: null }
    await edge.handOver(
      'users.json',
      formatUsers({ version: 1, publishedAt, keys: ['0'.repeat(16)], users: [user] }),
      (gate) => gate.status().versions.users === 1,
    )
    t.equal(seen(await get(U, `01235_${CITIZEN}`)), '200 USER_UNKNOWN', 'rehearsed')
    const policy = parsePolicySource(
      'user: { enforceFrom: 2026-01-01T00:00+07:00 }\notp: { mode: off }\nexemptions: [{ rules: [shared], facility: "01234", until: 2027-01-01T00:00+07:00, reason: not ready }]',
    )
    await edge.handOver(
      'policy.json',
      formatPolicy({ format: 'edgeward-policy/1', version: 1, publishedAt, policy }),
      (gate) => gate.holder.policyVersion === 1,
    )
    t.equal(seen(await get(U, `01235_${CITIZEN}`)), '403 USER_UNKNOWN')
    t.equal(seen(await history()), '403 RIGHT_MISSING')
    t.equal(seen(await get(U, '01234_BV')), '200 SHARED_ACCOUNT', 'exempt, and told')
    t.equal(seen(await get(U, '01235_BV')), '403 SHARED_ACCOUNT')
  })

  await t.test('the gate away, slow and back', async (t) => {
    const closed = { socket: `${folder}/closed.sock` }
    const shared = `GET ${U}?username=01235_BV HTTP/1.1`
    t.equal(seen(await send(shared, closed)), '403 SHARED_ACCOUNT')
    await edge.stop()
    t.equal((await send(shared)).status, 200, 'away, and let through by default')
    const refused = await send(shared, closed)
    t.equal(refused.status, 503, 'away, and refused by default')
    t.match(JSON.parse(refused.body), { maKetQua: '503', ghiChu: /tạm ngừng/ })
    const silent = createServer((socket) => socket.on('error', () => socket.destroy())).listen(`${folder}/gate.sock`)
    await once(silent, 'listening')
    const [open, shut] = await Promise.all([send(shared), send(shared, closed)])
    t.same([open.status, shut.status], [200, 503], 'a gate that says nothing is one that is away')
    silent.close()
    await rm(`${folder}/gate.sock`, { force: true })
    for (const status of [400, 405, 413, 414, 431]) {
      const puzzled = createServer((socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`))
      puzzled.listen(`${folder}/gate.sock`)
      await once(puzzled, 'listening')
      const answers = [await send(shared), await send(shared, closed)]
      t.same(
        answers.map((answer) => answer.status),
        [503, 503],
        `a question that the gate cannot read (${status}) goes to nobody`,
      )
      puzzled.close()
      await rm(`${folder}/gate.sock`, { force: true })
    }
    edge = await runGate({ folder, nowMs: edge.clock.nowMs() })
    t.equal(seen(await send(shared)), '403 SHARED_ACCOUNT', 'back, with what was handed over')
    t.equal(edge.gate.holder.policyVersion, 1)
  })

  await t.test('a reload loses no request', async (t) => {
    const asked = Array.from({ length: 60 }, async (_, i) => {
      if (i === 20) process.kill(nginx.pid, 'SIGHUP')
      return seen(await get(U, '01235_BV'))
    })
    t.same([...new Set(await Promise.all(asked))], ['403 SHARED_ACCOUNT'])
  })

  await t.test('the log and the rehearsal tell of it', async (t) => {
    const log = await readFile(`${folder}/edgeward.log`, 'utf8')
    t.match(log, /"ip":"203\.0\.113\.7","port":"51000","method":"GET","uri":"[^"]*username=01235_BV","status":"403"/)
    const { rows } = edge.gate.book.all()
    const row = rows.find(({ reason, account }) => reason === 'SHARED_ACCOUNT' && account === '01235_BV')
    t.match(row, { province: '01', facility: '01235', function: 'KQNhanLichSuKCB2024', source: IP })
    t.notMatch(JSON.stringify(rows), CITIZEN, 'nobody is named')
  })

  await edge.stop()
  await nginx.stop('SIGQUIT')
}
