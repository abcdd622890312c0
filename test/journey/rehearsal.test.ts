import { request } from 'node:http'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createFleetSide } from '../../agent/fleet/fleet-side.ts'
import { createFleetWatch } from '../../agent/fleet/fleet-watch.ts'
import { createStatusBoard } from '../../agent/status/status-board.ts'
import { createSystemTimers } from '../../agent/time/system-time.ts'
import { createWatchServer, listenWatch } from '../../agent/watch/watch-server.ts'
import { formatGateKeys } from '../../rules/gate/gate-keys.ts'
import { gateToken } from '../../rules/gate/gate-token.ts'
import { createFakeLog } from '../fakes/fake-log.ts'
import { createFakeTime } from '../fakes/fake-time.ts'
import { createConsoleBrowser } from '../support/console-browser.ts'
import { GATE_KEY } from '../support/control-app.ts'
import { enrolAgent } from '../support/enrolled-agent.ts'
import { runGate } from '../support/gate-edge.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { createUsersLab, USERS_START_MS } from '../support/users-lab.ts'

/** Built here, so that nothing that looks like a citizen ID stands in the tree. */
const CITIZEN = ['0790', '9012', '3456'].join('')

it('a facility reads in its page what the gate of an edge counted, and nothing on the way names a citizen', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: USERS_START_MS })
  onTestFinished(() => void vi.useRealTimers())
  const world = await createUsersLab()
  const folder = await temporaryFolder()
  const running = await runGate({ folder, nowMs: USERS_START_MS, options: { strongest: 'rehearse' } })
  onTestFinished(() => running.stop())
  const { gate, flags, handOver } = running
  await handOver('gate.key', formatGateKeys([GATE_KEY]), ({ holder }) => holder.hasKeys)
  const readStatus = () => ({ gate: gate.status() }) as never
  const server = createWatchServer({ flags, readStatus, gate, timers: createSystemTimers() })
  const listening = await listenWatch(server, `${folder}/watch.sock`)
  onTestFinished(() => listening[Symbol.asyncDispose]())

  // A hospital calls: by its shared account, a stopped function, and a named user whom nobody has registered.
  const account = `01234_${CITIZEN}`
  const ask = async (uri: string, userAgent: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const headers = { 'X-Original-URI': uri, 'X-Real-IP': '203.0.113.7', 'User-Agent': userAgent }
    const asked = request({ socketPath: `${folder}/gate.sock`, path: '/', headers, agent: false }, (answer) => {
      answer.resume().on('end', resolve)
    })
    asked.on('error', reject).end()
    return promise
  }
  for (let at = 0; at < 3; at += 1) await ask('/api/egw/KQNhanLichSuKCB2024?username=01234_bv', `BV HIS/4.1 ${CITIZEN}`)
  await ask(`/api/egw/KQNhanLichSuKCB595?username=${account}`, 'BV HIS/4.1')

  // Its agent takes the counts to central; what is lost on the way goes with the next round.
  const agent = await enrolAgent(world, 'edge-1')
  const sent: string[] = []
  let isLost = true
  const client = {
    postBytes: async () => undefined,
    async postJson(url: string, body: unknown) {
      if (url !== '/v1/rehearsal-counts') return undefined
      const payload = JSON.stringify(body)
      sent.push(payload)
      const headers = { ...(await agent.authorize('POST', url)), 'content-type': 'application/json' }
      const answer = await world.app.inject({ method: 'POST', url, headers, payload })
      if (answer.statusCode !== 200) throw new Error(answer.body)
      if (!isLost) return undefined
      isLost = false
      throw new Error('the answer was lost')
    },
  }
  const time = createFakeTime(USERS_START_MS)
  const board = createStatusBoard(
    { name: 'edge-1', agentVersion: '0', localHold: false, backend: { name: 'nft', reason: '' } },
    time,
  )
  const watch = createFleetWatch(`${folder}/watch.sock`)
  const side = createFleetSide({ watch, board, clock: time, timers: time, log: createFakeLog(), onFlags: () => undefined })
  const end = new AbortController()
  using _carrying = side.keepCarrying(client, end.signal)
  for (const messages of [1, 2]) {
    await time.advance(300_000)
    await until(`message ${messages}`, () => sent.length >= messages || undefined)
  }

  const browser = createConsoleBrowser(world.app)
  await browser.signIn(world.as.facility.authorization)
  const page = (await browser.get('/console/rehearsal')).body
  for (const text of [
    'Những gì cơ sở phải thay đổi',
    'Dùng tài khoản chung của cơ sở',
    '<code>01234_BV</code> · 3 lượt',
    'Dùng chức năng đã ngừng',
    '<code>KQNhanLichSuKCB595</code> – ngừng từ 00:00 01/08/2024',
    'BV HIS/4.1',
    '203.0.113.7',
    gateToken(GATE_KEY, account),
  ])
    expect(page).toContain(text)

  // The canary: what was sent, stored, logged and shown.
  const stored = await world.context.store.read(async (db) => [
    await db.selectFrom('rehearsal_count').selectAll().execute(),
    await db.selectFrom('audit').selectAll().execute(),
  ])
  const csv = (await browser.get('/console/rehearsal/file?kind=csv')).body
  for (const text of [...sent, JSON.stringify(stored), ...world.logLines, page, csv]) expect(text).not.toContain(CITIZEN)
})
