import { rename } from 'node:fs/promises'
import t from 'tap'
import { formatGateKeys } from '../../rules/gate/gate-keys.ts'
import { gateToken } from '../../rules/gate/gate-token.ts'
import { GRANT_IDLE_MS } from '../../rules/grants/grant-life.ts'
import { maskAccount } from '../../rules/requests/mask-account.ts'
import { formatUsers } from '../../rules/users/users-document.ts'
import { anAccessToken } from '../support/access-token.ts'
import { aFlag, ask, GATE_MASKING_KEY, proxyLine, runGate } from '../support/gate-edge.ts'
import { onlyRules } from '../support/gate-states.ts'
import { createHaproxyAsker, seen } from '../support/haproxy-asker.ts'
import { createHaproxyDocuments } from '../support/haproxy-documents.ts'
import { startHaproxy } from '../support/haproxy-edge.ts'
import { isInstalled } from '../support/surroundings.ts'
import { until } from '../support/until.ts'
import { createWorkDir } from '../support/work-dir.ts'

const CITIZEN = '0'.repeat(12)
const NAMED = `01234_${CITIZEN}`
const OTHER = `01235_${CITIZEN}`
const U = '/api/egw/KQNhanLichSuKCB2024'
const HISTORY = '/api/egw/Lskcb2025'
const IP = '203.0.113.7'
const HOUR_MS = 3_600_000

if (!isInstalled('haproxy')) {
  t.plan(0, 'needs HAProxy')
} else {
  await using work = await createWorkDir('edgeward-haproxy')
  const folder = work.path
  const nowMs = Date.now()
  await using haproxy = await startHaproxy(folder, Buffer.alloc(32, 7).toString('base64'))
  const unjudged = await ask(haproxy.front, `${proxyLine(IP)}GET /api/egw/KQNhanLichSuKCB2018?username=${NAMED} HTTP/1.0\r\n\r\n`)
  t.equal(unjudged.status, 200, 'before watch has ever filled the maps the shipped default holds')
  const shut = await ask(haproxy.closed, `${proxyLine(IP)}GET ${U}?username=${NAMED} HTTP/1.0\r\n\r\n`)
  t.equal(shut.status, 503, 'or the other one')
  t.match(JSON.parse(shut.body), { maKetQua: '503', ghiChu: /tạm ngừng/, lyDo: 'GATE_AWAY' })
  const edge = await runGate({
    folder,
    nowMs,
    options: { haproxy: { socket: `${folder}/runtime.sock`, maps: folder } },
  })
  const { gate } = edge
  const key = Buffer.alloc(32, 9)
  const [token, otherToken] = [gateToken(key, NAMED), gateToken(key, OTHER)]
  const publishedAt = new Date(nowMs).toISOString()

  const { send, get, post, becomes } = createHaproxyAsker(haproxy.front, { account: NAMED, ip: IP })
  const { isFilled, takePolicy, takeGrants } = createHaproxyDocuments({ edge, haproxy, folder, nowMs })

  await t.test('what nobody judged is told', async (t) => {
    await isFilled()
    const fault = await until('told', () => gate.faults().find(({ code }) => code === 'GATE_HAPROXY_UNJUDGED'))
    t.match(fault.message, /its maps were empty/)
    t.equal(gate.status().unjudged, 2)
    const lines = await until('the lines', () => (haproxy.log.length >= 2 ? haproxy.log.slice(0, 2) : undefined))
    t.same(
      lines.map((line) => JSON.parse(line)).map(({ status, would }) => [status, would]),
      [
        ['200', 'GATE_AWAY'],
        ['503', 'GATE_AWAY'],
      ],
    )
  })

  await t.test('a request on which the code fails is refused; where it fails on all, the shipped default holds', async (t) => {
    t.equal(seen(await get(U)), '200')
    await haproxy.runtime.ask(`set map ${folder}/test-clock.map fails 1`)
    const answers = new Set<string>()
    for (let i = 0; i < 100; i += 1) answers.add(seen(await get(U)))
    t.same([...answers], ['503 GATE_AWAY'])
    t.equal(seen(await get(U)), '200', 'the hundred and first')
    await haproxy.runtime.ask(`set map ${folder}/test-clock.map fails 0`)
    t.equal(seen(await get('/api/egw/KQNhanLichSuKCB2018')), '403 FUNCTION_RETIRED', 'and all is judged again')
    await until('told', () => gate.faults().some(({ message }) => message.includes('no clock')) || undefined)
    t.equal(gate.status().unjudged, 103)
  })

  await t.test('the default', async (t) => {
    await isFilled()
    t.equal(seen(await get('/api/egw/KQNhanLichSuKCB2018')), '403 FUNCTION_RETIRED')
    t.equal(seen(await get(U)), '200')
    t.equal(seen(await get(U, '01234_BV')), '403 SHARED_ACCOUNT')
    const refused = await get('/api/egw/KQNhanLichSuKCB595')
    t.match(JSON.parse(refused.body), {
      maKetQua: '403',
      ghiChu: /ngừng cung cấp.*Liên hệ/,
      ghiChuEn: /stopped/,
      lyDo: 'FUNCTION_RETIRED',
    })
    t.match(refused.headers, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  })

  await t.test('it decides as the gate does', async (t) => {
    await edge.handOver('gate.key', formatGateKeys([key]), () => gate.holder.hasKeys)
    const users = [
      { token, facility: '01234', rights: ['lookup' as const], state: 'active' as const, untilMs: null },
      { token: otherToken, facility: '01235', rights: [], state: 'disabled' as const, untilMs: null },
    ]
    await edge.handOver(
      'users.json',
      formatUsers({ version: 1, publishedAt, keys: ['0'.repeat(16)], users }),
      () => gate.status().versions.users === 1,
    )
    await takeGrants({ token, usedAtMs: nowMs }, { token: otherToken, usedAtMs: nowMs - GRANT_IDLE_MS })
    const rows = '["203.0.113.0/24","01235:01"],\n["203.0.113.7","01234:02"],\n["2001:db8::/32","01234:02"]'
    await edge.handOver(
      'facilities.json',
      `{"format":"edgeward-facilities/1","list":"${'0'.repeat(64)}","rows":[\n${rows}\n]}\n`,
      () => gate.holder.state.facilities !== undefined,
    )
    const suspended = `01236_${CITIZEN}`
    edge.flags.take(aFlag(maskAccount(suspended, GATE_MASKING_KEY), nowMs + HOUR_MS))
    edge.flags.take(aFlag('01237_BV', nowMs - 1))
    const tokenOf = anAccessToken(suspended)
    const names = [
      '01234_BV',
      '01234_bv',
      '01234_TC',
      '01234',
      '0123',
      NAMED,
      OTHER,
      suspended,
      '01237_BV',
      CITIZEN,
      '%3001234_BV',
      '01234%5fBV',
      '+01234_BV+',
      '01234_B%EF%BC%B6',
      '%EF%BC%90%EF%BC%91234_BV',
      '01%00234_BV',
      '0123%e2%80%8b4_BV',
      '01234_B%C2',
      '%u00301234_TC',
      '01234_BV&username=01235_BV',
    ]
    const uris = [
      ...names.map((name) => `${U}?username=${name}`),
      ...[NAMED, OTHER, suspended, '01234_BV'].flatMap((name) => [
        `${HISTORY}?username=${name}`,
        `/api/token/take?username=${name}`,
        `/api/egw/nhanHoSoKCBChiTiet?maHoSo=1&username=${name}`,
      ]),
      ...[
        '/api/egw/KQNhanLichSuKCB2019',
        '/api/egw/nhanLichSuKCB2018',
        '/api/egw/KQnhanLichSuKCB595',
        '/api/egw/api/egw/NhanLichSuKCB2018',
        '/API/EGW/kqNHANlichsukcb2018',
        '/api/egw/%4bQNhanLichSuKCB2018',
        '/api/egw/%2e%2e/egw/KQNhanLichSuKCB2018',
        '/x/../api//egw/./KQNhanLichSuKCB2018/',
        '/api/egw%2fKQNhanLichSuKCB2018',
        '/api%5cegw%5cKQNhanLichSuKCB2018',
        '/api/egw/KQNhanLichSuKCB2018;jsessionid=1',
        '/(S(abc))/api/egw/KQNhanLichSuKCB2018',
        'http://egw.example/api/egw/KQNhanLichSuKCB2018',
        '/api/egw/%u004bQNhanLichSuKCB2018',
        '/api/egw/KQNhanLichSuKCB2018%2e',
        '/api/egw/KQNhanLichSuKCB2018%20/x',
        '/api/egw/KQNhanLichSuKCB2018%3fx',
        '/api/egw/KQNhanLichSuKCB20180',
        '/%61pi/egw/KQNhanLichSuKCB2018',
        '/api/egw/%254bQNhanLichSuKCB2018',
        '/thongtuyenLSKCB/x',
        '/api/qd130/x',
        '/api/egw/guiHoSoGiamDinh130',
        '/',
        '//',
        '/api',
        '/api/TraCuuCCT/TraCuuTienMCCT',
      ].map((path) => `${path}?username=${NAMED}`),
      ...[
        `?UserName=${NAMED}`,
        `?%75sername=01234_BV`,
        `?x=username=01234_BV`,
        `?maHoSo=1&token=${tokenOf}`,
        `?token=${tokenOf}&username=${NAMED}`,
        '',
        '?',
      ].map((query) => `${U}${query}`),
    ]
    const asked = [
      ...uris.map((uri) => ({
        uri,
        ip: IP,
        accessToken: undefined as string | undefined,
        authorization: undefined as string | undefined,
      })),
      ...['2001:db8::5', '2001:db9::5', '203.0.113.8', '198.51.100.1'].flatMap((ip) =>
        [NAMED, OTHER].map((name) => ({ uri: `${U}?username=${name}`, ip, accessToken: undefined, authorization: undefined })),
      ),
      { uri: U, ip: IP, accessToken: tokenOf, authorization: undefined },
      { uri: U, ip: IP, accessToken: 'x', authorization: `Bearer ${tokenOf}` },
      { uri: `${U}?username=${NAMED}`, ip: IP, accessToken: tokenOf, authorization: undefined },
      { uri: `${U}?username=${NAMED}`, ip: IP, accessToken: undefined, authorization: `bearer ${anAccessToken(OTHER)}` },
      ...[U, HISTORY].flatMap((path) => [
        {
          uri: `${path}?username=${NAMED}&token=${tokenOf}`,
          ip: IP,
          accessToken: anAccessToken(NAMED),
          authorization: undefined,
        },
        { uri: path, ip: IP, accessToken: anAccessToken(NAMED), authorization: `Bearer ${tokenOf}` },
        {
          uri: `${path}?token=${anAccessToken('01240_BV')}`,
          ip: IP,
          accessToken: undefined,
          authorization: anAccessToken(NAMED),
        },
        { uri: `${path}?username=01234_BV`, ip: IP, accessToken: anAccessToken('01240_BV'), authorization: undefined },
      ]),
    ]
    const on = { mode: 'enforce' }
    const until2999 = '2999-01-01T00:00Z'
    const all = onlyRules({ suspended: on, retired: on, unnamed: on, shared: on, user: on, address: on, otp: on })
    const exempt = `{ rules: [shared, user], facility: "01234", until: "${until2999}", reason: not ready }, { rules: [], province: "01", until: "${until2999}", reason: not ready }, { rules: [address], token: ${token}, until: "2001-01-01T00:00Z", reason: over }`
    const rest = { mode: 'rehearse', classes: [] }
    for (const [what, yaml] of [
      ['everything enforced', all],
      ['the default', ''],
      ['exemptions', `{ ${all.slice(1, -1)}, exemptions: [${exempt}] }`],
      ['single rules', onlyRules({ otp: on, address: rest, hours: { mode: 'observe' }, retired: { mode: 'rehearse' } })],
    ] as const) {
      await takePolicy(yaml)
      for (const { uri, ip, accessToken, authorization } of asked) {
        const more = `${accessToken === undefined ? '' : `accessToken: ${accessToken}\r\n`}${authorization === undefined ? '' : `Authorization: ${authorization}\r\n`}`
        const answer = seen(await send(`POST ${uri} HTTP/1.1`, { ip, more }))
        const decision = gate.desk.decide({ atMs: Date.now(), uri, method: 'POST', ip, accessToken, authorization }, undefined)
        const wanted =
          `${decision?.status === 204 ? 200 : decision?.status} ${decision?.reason ?? decision?.rehearsal ?? ''}`.trim()
        if (answer !== wanted) t.equal(answer, wanted, `${what}: ${uri} of ${ip} ${more}`)
      }
      t.pass(what)
    }
  })

  await t.test('a history needs an OTP, and each look-up renews it', async (t) => {
    await takePolicy(onlyRules({ otp: { mode: 'enforce' } }))
    await takeGrants()
    await becomes('403 OTP_NEEDED', () => get(HISTORY))
    const usedAtMs = nowMs - GRANT_IDLE_MS + 600_000
    await takeGrants({ token, usedAtMs })
    await becomes('200', () => get(HISTORY))
    t.equal(seen(await get(HISTORY, OTHER)), '403 OTP_NEEDED', 'of another person')
    const lent = await send(`GET ${HISTORY}?username=${NAMED} HTTP/1.1`, { more: `accessToken: ${anAccessToken(OTHER)}\r\n` })
    t.equal(seen(lent), '403 OTP_NEEDED', 'by the token of another person')
    const renewed = await until('the gate hears of the use', () => {
      const { uses } = gate.holder.grants?.usesSince(0) ?? { uses: [] }
      return uses.find(({ token: used, usedAtS }) => used === token && usedAtS * 1000 > usedAtMs)
    })
    t.ok(renewed.usedAtS * 1000 >= nowMs - 1000)
    const busy = await haproxy.runtime.ask('show table edgeward_accounts data.http_req_rate gt 0')
    t.match(busy, ` key=${token} `, 'and can read who asks at all')
    const keys = formatGateKeys([Buffer.alloc(32, 10), key])
    await edge.handOver('gate.key', keys, () => gate.holder.keysOf(NAMED).tokens.length === 2)
    await until('both keys', async () => {
      const held = await haproxy.runtime.ask('experimental-mode on; get var proc.edgeward_keys')
      return held.split(',').length === 4 || undefined
    })
    t.equal(seen(await get(HISTORY)), '200', 'under the key before the newest')
    await takeGrants({ token: otherToken, usedAtMs: nowMs - GRANT_IDLE_MS - 1000 })
    await becomes('403 OTP_NEEDED', () => get(HISTORY))
    await becomes('403 OTP_LAPSED', () => get(HISTORY, OTHER))
  })

  await t.test('a suspension counts from the next request on, and a thousand at once', async (t) => {
    await takePolicy('')
    const harvester = `01240_${CITIZEN}`
    t.equal(seen(await get(U, harvester)), '200 USER_UNKNOWN')
    edge.flags.take(aFlag(maskAccount(harvester, GATE_MASKING_KEY), nowMs + HOUR_MS))
    await becomes('403 ACCOUNT_SUSPENDED', () => get(U, harvester))
    const facilities = Array.from({ length: 1000 }, (_, i) => String(50_000 + i))
    for (const facility of facilities) edge.flags.take(aFlag(`${facility}_BV`, nowMs + HOUR_MS))
    await becomes('403 ACCOUNT_SUSPENDED', () => get(U, '50999_BV'))
    for (const facility of ['50000', '50500', '50998']) t.equal(seen(await get(U, `${facility}_BV`)), '403 ACCOUNT_SUSPENDED')
    edge.flags.take(aFlag('50500_BV', nowMs + HOUR_MS, 'release'))
    await becomes('403 SHARED_ACCOUNT', () => get(U, '50500_BV'))
  })

  await t.test('accounts of bodies', async (t) => {
    for (const body of [
      '{"username":"01240_bv","password":"x"}',
      "{'UserName': '01240_BV'}",
      '{"a":{"username":"1"},"user\\u006eame":"01240_BV"}',
      '{"username":"9","x":[1,2],"username":"01240_BV"}',
      'password=x&UserName=01240_BV',
      '%75sername=01240%5fBV&username=9',
    ])
      t.equal(seen(await post('/api/token/take', body)), '403 SHARED_ACCOUNT', body)
    t.equal(
      seen(await post(`/api/token/take?username=${NAMED}`, 'username=01240_BV')),
      '403 SHARED_ACCOUNT',
      'a log-in is made by its body',
    )
    const chunked = 'POST /api/token/take HTTP/1.1'
    const bytes = '{"username":"01240_BV"}'
    const sent = await ask(
      haproxy.front,
      `${proxyLine(IP)}${chunked}\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n`,
    )
    t.equal(seen(sent), '403 SHARED_ACCOUNT', 'in chunks')
    t.equal(seen(await post(U, `username=01240_${CITIZEN}`)), '403 ACCOUNT_SUSPENDED', 'of a look-up')
    t.equal(seen(await post('/api/token/take', `username=${NAMED}`, '203.0.113.7')), '200')
  })

  await t.test('X-Forwarded-For of a balancer, and of nobody else', async (t) => {
    const more = 'X-Forwarded-For: 192.0.2.9, 2001:db8::9\r\n'
    const of = async (ip: string): Promise<object> =>
      JSON.parse((await send(`GET /x?username=${NAMED} HTTP/1.1`, { ip, more })).body)
    t.match(await of('10.0.0.3'), { ip: '2001:db8::9', port: '', forwarded: '2001:db8::9' })
    t.match(await of('10.0.0.16'), { ip: '10.0.0.16', port: '51000', forwarded: '10.0.0.16' })
  })

  await t.test('throttled accounts', async (t) => {
    await takePolicy(`{ ${onlyRules({ throttled: { mode: 'enforce', perMinute: 1, burst: 3 } }).slice(1)}`)
    edge.flags.take(aFlag('01250_BV', nowMs + HOUR_MS, 'throttle'))
    const answer = await becomes('429 ACCOUNT_THROTTLED', () => get(U, '01250_BV'))
    t.match(answer.headers['retry-after'], /^([1-9]|[1-5][0-9]|60)$/)
    t.equal(seen(await get(U, '01251_BV')), '200')
    await takePolicy(onlyRules({ rate: { mode: 'enforce', limits: [{ class: 'lookup', perMinute: 1, burst: 3 }] } }))
    const uri = `${U}?username=01252_BV`
    for (const wanted of ['200', '200', '200', '429 TOO_FAST', '429 TOO_FAST']) {
      t.equal(seen(await get(U, '01252_BV')), wanted)
      const decision = gate.desk.decide(
        { atMs: Date.now(), uri, method: 'GET', ip: IP, accessToken: undefined, authorization: undefined },
        undefined,
      )
      t.equal(decision?.status === 204 ? '200' : `${decision?.status} ${decision?.reason}`, wanted)
    }
    t.match(await haproxy.runtime.ask('show table edgeward_accounts'), /http_req_rate\(60000\)=/)
  })

  await t.test('reload and runtime socket', async (t) => {
    await haproxy.canTeach()
    await haproxy.reload()
    const held = await until('the tables came over', async () => {
      const rates = await haproxy.runtime.ask('show table edgeward_rates')
      return rates.includes('01252_BV') ? rates : undefined
    })
    t.match(held, /01252_BV.* gpt0=[1-9]/)
    t.equal(seen(await get(U, '01252_BV')), '429 TOO_FAST', 'no burst is free after a reload')
    t.match(await haproxy.runtime.ask('show table edgeward_accounts'), new RegExp(`key=${token} .*gpt0=[1-9]`), 'uses of grants')
    await takePolicy('')
    t.equal(seen(await get(U, '50999_BV')), '403 ACCOUNT_SUSPENDED', 'the first request after a reload waits for the maps')
    await isFilled()
    await rename(`${folder}/runtime.sock`, `${folder}/away.sock`)
    await until('told', () => gate.faults().some(({ code }) => code === 'GATE_HAPROXY_AWAY') || undefined)
    edge.flags.take(aFlag('50500_BV', nowMs + HOUR_MS))
    t.equal(seen(await get(U, '50999_BV')), '403 ACCOUNT_SUSPENDED', 'what was said holds')
    await rename(`${folder}/away.sock`, `${folder}/runtime.sock`)
    await becomes('403 ACCOUNT_SUSPENDED', () => get(U, '50500_BV'))
    await until('well again', () => !gate.faults().some(({ code }) => code === 'GATE_HAPROXY_AWAY') || undefined)
  })

  await t.test('what it decided is in the rehearsal, each decision once', async (t) => {
    await takePolicy(onlyRules({ shared: { mode: 'rehearse' }, retired: { mode: 'enforce' } }))
    const asks = async (count: number, uri: string, more: string): Promise<void> => {
      for (let i = 0; i < count; i += 1) await send(`GET ${uri} HTTP/1.1`, { more, ip: '203.0.113.99' })
    }
    const agentOf = (name: string): string => `User-Agent: ${name}/2.0 "\u00e9" \t01234${CITIZEN.slice(5)}\r\n`
    const before = { ...gate.desk.counts }
    await asks(7, `${U}?username=01260_BV`, agentOf('HIS-A'))
    await haproxy.runtime.ask('show edgeward nobody')
    await asks(5, `${U}?username=01260_bv`, agentOf('HIS-A'))
    await asks(2, `${U}?username=01260_BV`, agentOf('HIS-B'))
    await asks(3, `/api/egw/KQNhanLichSuKCB595?username=${NAMED}`, '')
    const rowsNow = () => gate.book.all().rows.filter(({ source }) => source === '203.0.113.99')
    await until(
      'all of them are counted',
      () => rowsNow().reduce((sum, row) => sum + row.would + row.refused, 0) >= 17 || undefined,
    )
    t.same(
      rowsNow()
        .map(({ reason, account, would, refused, client }) => [reason, account, would, refused, client?.slice(0, 5)])
        .toSorted((a, b) => (a.join() < b.join() ? -1 : 1)),
      [
        ['FUNCTION_RETIRED', maskAccount(NAMED, GATE_MASKING_KEY), 0, 3, ''],
        ['SHARED_ACCOUNT', '01260_BV', 12, 0, 'HIS-A'],
        ['SHARED_ACCOUNT', '01260_BV', 2, 0, 'HIS-B'],
      ],
    )
    t.match(
      rowsNow().find(({ account }) => account === '01260_BV'),
      { province: '01', facility: '01260', function: 'KQNhanLichSuKCB2024' },
    )
    t.notMatch(JSON.stringify(gate.book.all()), CITIZEN, 'nobody is named')
    t.same([gate.desk.counts.passed - before.passed, gate.desk.counts.refused - before.refused], [14, 3])
  })
  await edge.stop()
}
