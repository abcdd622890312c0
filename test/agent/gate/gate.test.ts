import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSystemTimers } from '../../../agent/time/system-time.ts'
import { createWatchServer, listenWatch } from '../../../agent/watch/watch-server.ts'
import { facilitiesChunks } from '../../../rules/facilities/facilities-document.ts'
import { formatGateKeys, gateKeyId } from '../../../rules/gate/gate-keys.ts'
import { createGateTokens } from '../../../rules/gate/gate-token.ts'
import { formatPolicy, parsePolicySource } from '../../../rules/gate/policy-document.ts'
import { accountToken } from '../../../rules/tallies/account-token.ts'
import { formatUsers } from '../../../rules/users/users-document.ts'
import { formatBlocks } from '../../../rules/verdicts/blocks-document.ts'
import { askSocket } from '../../support/ask-socket.ts'
import { aFlag, type RunGateOptions, runGate } from '../../support/gate-edge.ts'
import { DAY_OF_TESTS } from '../../support/gate-states.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const CITIZEN = '0'.repeat(12)
const NAMED = `01234_${CITIZEN}`
const U = '/api/egw/KQNhanLichSuKCB2024'

async function aGate(options: Partial<RunGateOptions> = {}) {
  const folder = options.folder ?? (await temporaryFolder())
  const running = await runGate({ nowMs: DAY_OF_TESTS, ...options, folder })
  onTestFinished(() => running.stop())
  const ask = (uri: string, headers: Record<string, string> = {}, path = '/') =>
    askGate(`${folder}/gate.sock`, path, { 'X-Original-URI': uri, 'X-Real-IP': '203.0.113.7', ...headers })
  return { ...running, folder, ask }
}

async function askGate(socketPath: string, path: string, headers: Record<string, string>, method = 'GET') {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; headers: Record<string, unknown>; body: string }>()
  const asked = request({ socketPath, path, headers, method, agent: false }, (answer) => {
    void text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
  })
  asked.on('error', reject).end()
  return promise
}

const codesOf = (faults: readonly { code: string }[]): string[] => faults.map(({ code }) => code).sort()
const policyBytes = (version: number, yaml: string, publishedAt = '2026-11-23T01:00:00.000Z'): Uint8Array =>
  formatPolicy({ format: 'edgeward-policy/1', version, publishedAt, policy: parsePolicySource(yaml) })

describe('the gate', () => {
  it('answers in the portal’s own form, and as nginx takes it', async () => {
    const { ask } = await aGate()
    const plain = await ask(`${U}?username=01234_BV`)
    expect(plain).toMatchObject({
      status: 403,
      headers: { 'x-edgeward-reason': 'SHARED_ACCOUNT', 'content-type': 'application/json; charset=utf-8' },
    })
    const nginx = await ask(`${U}?username=01234_BV`, {}, '/auth_request')
    expect(nginx).toMatchObject({ status: 403, body: '', headers: { 'x-edgeward-status': '403' } })
    expect(JSON.parse(String(nginx.headers['x-edgeward-body']))).toEqual(JSON.parse(plain.body))
    expect(await ask(`${U}?username=${NAMED}`)).toMatchObject({ status: 204, body: '' })
  })

  it.each<[string, Record<string, string>, number, string]>([
    ['/', { 'X-Real-IP': '203.0.113.7' }, 400, 'no target'],
    ['/', { 'X-Original-URI': '/' }, 400, 'no address'],
    ['/', { 'X-Original-URI': '/', 'X-Real-IP': 'unix:' }, 400, 'an address that is none'],
    ['/x', { 'X-Original-URI': '/', 'X-Real-IP': '203.0.113.7' }, 404, 'another path'],
  ])('%s with %j: %i, %s', async (path, headers, status) => {
    const { folder } = await aGate()
    expect((await askGate(`${folder}/gate.sock`, path, headers)).status).toBe(status)
    expect((await askGate(`${folder}/gate.sock`, '/', headers, 'POST')).status).toBe(405)
  })

  it('says what is missing, and judges nothing by it', async () => {
    const { gate } = await aGate()
    expect(codesOf(gate.faults())).toEqual(['GATE_LIST_MISSING', 'GATE_LIST_MISSING', 'GATE_LIST_MISSING', 'GATE_POLICY_MISSING'])
    expect(gate.status()).toMatchObject({ policyVersion: null, modes: { shared: 'enforce' } })
  })

  it('goes by the policy of the config until one is handed over, and says what is wrong with it', async () => {
    const folder = await temporaryFolder()
    writeFileSync(`${folder}/p.yaml`, 'shared: { mode: rehearse, enforceFrom: "" }')
    const own = await aGate({ folder, options: { policyFile: `${folder}/p.yaml` } })
    expect((await own.ask(`${U}?username=01234_BV`)).headers).toMatchObject({ 'x-edgeward-rehearsal': 'SHARED_ACCOUNT' })
    await own.handOver('policy.json', policyBytes(3, ''), (gate) => gate.holder.policyVersion === 3)
    expect((await own.ask(`${U}?username=01234_BV`)).status).toBe(403)
    await own.stop()
    writeFileSync(`${folder}/p.yaml`, 'shared: { mode: soon }')
    rmSync(`${folder}/ho/policy.json`)
    const broken = await aGate({ folder, options: { policyFile: `${folder}/p.yaml` } })
    expect(codesOf(broken.gate.faults())).toContain('GATE_POLICY_FILE')
  })

  it('never takes an older document again, also after a restart, and keeps the one before where a new one is torn', async () => {
    const first = await aGate()
    await first.handOver(
      'policy.json',
      policyBytes(3, 'shared: { mode: "off", enforceFrom: "" }'),
      (gate) => gate.holder.policyVersion === 3,
    )
    await first.handOver('policy.json', '{', (gate) => codesOf(gate.faults()).includes('GATE_DOCUMENT_UNUSABLE'))
    expect((await first.ask(`${U}?username=01234_BV`)).status).toBe(204)
    await first.stop()
    writeFileSync(`${first.folder}/ho/policy.json`, policyBytes(2, ''))
    const second = await aGate({ folder: first.folder })
    expect(codesOf(second.gate.faults())).toContain('GATE_DOCUMENT_OLD')
    expect(second.gate.status().versions.policy).toBe(3)
    await second.handOver('policy.json', policyBytes(4, ''), (gate) => gate.holder.policyVersion === 4)
    expect(codesOf(second.gate.faults())).not.toContain('GATE_DOCUMENT_OLD')
  })

  it('holds accounts back by verdicts over all edges, by the token of the edges', async () => {
    const tallyKey = new Uint8Array(32).fill(3)
    const { handOver, ask, clock } = await aGate({ tallyKey })
    const at = new Date(DAY_OF_TESTS).toISOString()
    const until60 = new Date(DAY_OF_TESTS + 60_000).toISOString()
    const verdict = {
      token: accountToken(NAMED, tallyKey),
      facility: null,
      rule: 'absolute' as const,
      action: 'suspend' as const,
      at,
      until: until60,
      requests: 1,
      subjects: 1,
      edges: 2,
      evidence: { vi: 'x', en: 'x' },
    }
    const bytes = formatBlocks({
      format: 'edgeward-blocks/1',
      version: 1,
      publishedAt: at,
      expiresAt: until60,
      verdicts: [verdict],
    })
    await handOver('blocks.json', bytes, (gate) => gate.status().verdicts === 1)
    expect((await ask(`${U}?username=${NAMED}`)).headers).toMatchObject({ 'x-edgeward-reason': 'ACCOUNT_SUSPENDED' })
    clock.moveBy(60_000)
    expect((await ask(`${U}?username=${NAMED}`)).status).toBe(204)
  })

  it('knows users by either key while a rotation lasts, under questions that never stop, and by the new one alone after it', async () => {
    const { handOver, ask } = await aGate()
    const [old, young] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const usersBytes = (version: number, key: Uint8Array, citizens: readonly string[]): Uint8Array =>
      formatUsers({
        version,
        publishedAt: '2026-11-23T01:00:00.000Z',
        keys: [gateKeyId(key)],
        users: citizens.map((citizen) => {
          const token = createGateTokens(key)(`01234_${citizen}`)
          return { token, facility: '01234', rights: ['lookup'], state: 'active', untilMs: null }
        }),
      })
    const all = Array.from({ length: 20 }, (_, at) => String(at).padStart(12, '0'))
    await handOver('gate.key', formatGateKeys([old]), (gate) => gate.holder.hasKeys)
    await handOver('users.json', usersBytes(1, old, all), (gate) => gate.holder.users?.version === 1)
    await handOver('policy.json', policyBytes(1, 'user: { mode: enforce }'), (gate) => gate.holder.policyVersion === 1)
    const statuses = new Set<number>()
    const asking = { isOver: false }
    const flood = (async (): Promise<void> => {
      for (let at = 0; !asking.isOver; at += 1) statuses.add((await ask(`${U}?username=01234_${all[at % all.length]}`)).status)
    })()
    // As the agent does it: the keys first, then the list under the new one, then the old key goes.
    await handOver('gate.key', formatGateKeys([young, old]), (gate) => gate.holder.keysOf(NAMED).tokens.length === 2)
    await handOver('users.json', usersBytes(2, young, all), (gate) => gate.holder.users?.version === 2)
    await handOver('gate.key', formatGateKeys([young]), (gate) => gate.holder.keysOf(NAMED).tokens.length === 1)
    asking.isOver = true
    await flood
    expect([...statuses]).toEqual([204])
    expect((await ask(`${U}?username=01234_${'9'.repeat(12)}`)).headers).toMatchObject({ 'x-edgeward-reason': 'USER_UNKNOWN' })
  })

  it('knows whose an address is, hosts and prefixes', async () => {
    const { handOver, ask } = await aGate()
    await handOver('policy.json', policyBytes(1, 'address: { mode: enforce }'), (gate) => gate.holder.policyVersion === 1)
    const lines = '203.0.113.7\t01234:22:1/CV\n198.51.100.0/24\t01234:22:1/CV\t05678:24:2/CV\n'
    await handOver(
      'facilities.json',
      [...facilitiesChunks(lines, '0'.repeat(64))].join(''),
      (gate) => gate.holder.state.facilities !== undefined,
    )
    const from = async (ip: string, facility = '01234') =>
      (await ask(`${U}?username=${facility}_${CITIZEN}`, { 'X-Real-IP': ip })).status
    expect(
      await Promise.all([
        from('203.0.113.7'),
        from('198.51.100.200'),
        from('203.0.113.8'),
        from('203.0.113.7', '05678'),
        from('198.51.100.1', '05678'),
        from('198.51.100.1', '09999'),
      ]),
    ).toEqual([204, 204, 403, 403, 204, 403])
  })

  it('keeps the rehearsal over a restart, by client software, and names nobody', async () => {
    const first = await aGate()
    const secret = 'A'.repeat(40)
    for (const agent of ['HIS/1.2 (Win)', 'HIS/1.2 (Win)', `x${CITIZEN}\u00ff${secret}`])
      await first.ask(`${U}?username=01234_BV`, { 'User-Agent': agent })
    await first.ask(`/api/egw/KQNhanLichSuKCB595?username=${NAMED}`)
    await first.stop()
    const second = await aGate({ folder: first.folder })
    const { rows } = second.gate.book.all()
    expect(rows.map(({ reason, client, refused, facility }) => [reason, client, refused, facility])).toEqual([
      ['SHARED_ACCOUNT', 'HIS/1.2 (Win)', 2, '01234'],
      ['SHARED_ACCOUNT', 'x************?*', 1, '01234'],
      ['FUNCTION_RETIRED', '', 1, '01234'],
    ])
    expect(readFileSync(`${first.folder}/state/rehearsal.jsonl`, 'utf8')).not.toContain(CITIZEN)
    writeFileSync(`${first.folder}/state/rehearsal.jsonl`, '{')
    writeFileSync(`${first.folder}/state/gate-mark.json`, '{"markMs":1}')
  })

  it('begins anew where its own files are broken, and says so', async () => {
    const folder = await temporaryFolder()
    mkdirSync(`${folder}/state`)
    writeFileSync(`${folder}/state/rehearsal.jsonl`, '{')
    writeFileSync(`${folder}/state/gate-mark.json`, '{"markMs":1}')
    const { gate } = await aGate({ folder })
    expect(codesOf(gate.faults())).toEqual(expect.arrayContaining(['GATE_MARK_BROKEN', 'GATE_REHEARSAL_BROKEN']))
  })

  it('does no more than the edge lets it', async () => {
    const { ask, flags, gate } = await aGate({ options: { strongest: 'rehearse' } })
    flags.take(aFlag(gate.holder.keysOf(NAMED).masked, DAY_OF_TESTS + 1))
    expect(await ask(`${U}?username=${NAMED}`)).toMatchObject({
      status: 204,
      headers: { 'x-edgeward-rehearsal': 'ACCOUNT_SUSPENDED' },
    })
  })

  it('tells a clock far ahead of everything signed', async () => {
    const { handOver, clock, gate } = await aGate()
    await handOver('policy.json', policyBytes(1, ''), () => gate.holder.policyVersion === 1)
    clock.moveBy(30 * 86_400_000)
    await until('it is told', () => codesOf(gate.faults()).includes('GATE_CLOCK_AHEAD') || undefined, { everyMs: 10 })
    expect(gate.holder.mark.markMs).toBeLessThan(clock.nowMs())
  })

  it('tells uses, the rehearsal and what holds for an account on the socket of watch', async () => {
    const { gate, folder, flags, ask } = await aGate()
    const app = createWatchServer({
      flags,
      readStatus: () => ({ gate: gate.status() }) as never,
      gate,
      timers: createSystemTimers(),
    })
    const listening = await listenWatch(app, `${folder}/watch.sock`)
    onTestFinished(() => listening[Symbol.asyncDispose]())
    await ask(`${U}?username=01234_BV`)
    expect(await askSocket(`${folder}/watch.sock`, '/rehearsal')).toMatchObject({ rows: [{ account: '01234_BV' }], unlisted: 0 })
    expect(await askSocket(`${folder}/watch.sock`, '/grant-uses?since=0')).toEqual({ change: 0, uses: [] })
    flags.take(aFlag(gate.holder.keysOf(NAMED).masked, DAY_OF_TESTS + 60_000))
    const told = await askSocket<object>(`${folder}/watch.sock`, `/gate-account?account=${NAMED}`)
    expect(told).toMatchObject({
      account: gate.holder.keysOf(NAMED).masked,
      suspendedUntil: new Date(DAY_OF_TESTS + 60_000).toISOString(),
      answers: [
        { function: 'token/take', status: 204 },
        { function: 'KQNhanLichSuKCB2024', status: 403, reason: 'ACCOUNT_SUSPENDED' },
        {},
        {},
      ],
    })
    expect(JSON.stringify(told)).not.toContain(CITIZEN)
    await expect(askSocket(`${folder}/watch.sock`, '/gate-account?account=x')).rejects.toThrow('400')
  })
})
