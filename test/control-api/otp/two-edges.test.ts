import { expect, it } from 'vitest'
import { gateToken } from '../../../rules/gate/gate-token.ts'
import { judgeRequest } from '../../../rules/gate/judge-request.ts'
import { EdgeGrants } from '../../../rules/grants/edge-grants.ts'
import { parseGrants } from '../../../rules/grants/grants-document.ts'
import { GATE_KEY } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'
import { aGateRequest, aGateState, onlyRules } from '../../support/gate-states.ts'
import { anOfficer } from '../../support/officers.ts'
import { createOtpLab } from '../../support/otp-lab.ts'
import { createSeeded } from '../../support/seeded.ts'

const DAY_MS = 86_400_000
const STEP_MS = 500
const IDLE_MS = 3 * 60_000
/** News of a look-up may take so long to all edges: a second to be sent, two to be signed, two to be pulled. */
const NEWS_MS = 5000

it('two edges and central agree on every look-up but for five seconds, by the idle time that central signs', async () => {
  const lab = await createOtpLab(
    'otp: {idleMinutes: 3, perOfficerDay: 1000, perOfficerQuarterHour: 100, perPhoneHour: 100}\nsms: {order: [http], http: {url: "https://sms.example/send"}}',
  )
  const { app, clock, context, files } = lab
  // The same in every run: news goes by whole seconds, so it matters where in a second it begins.
  clock.moveTo(Math.ceil(clock.nowMs() / DAY_MS) * DAY_MS + 123)
  await lab.addOfficer('one')
  const { bhxhCode, account } = anOfficer('one')
  const token = gateToken(GATE_KEY, account)
  const policy = onlyRules({ otp: { mode: 'enforce' } })
  const edges = await Promise.all(
    ['edge-1', 'edge-2'].map(async (name) => {
      const agent = await enrolAgent(lab, name)
      const grants = new EdgeGrants()
      return { agent, grants, state: aGateState(policy, { grants, tokensOf: () => [token] }), told: 0, version: 0 }
    }),
  )
  type Edge = (typeof edges)[number]
  const judge = ({ state }: Edge) =>
    judgeRequest(aGateRequest({ account, class: 'history', function: 'Lskcb2025', atMs: clock.nowMs() }), state).status === 204

  /** What the agent of an edge does each second: tells what was looked up. */
  const tell = async (edge: Edge) => {
    const { uses, change } = edge.grants.usesSince(edge.told)
    if (uses.length === 0) return
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/grant-uses',
      headers: await edge.agent.authorize('POST', '/v1/grant-uses'),
      payload: {
        sentAt: Math.floor(clock.nowMs() / 1000),
        uses: uses.map(({ token: used, usedAtS }) => ({ token: used, usedAt: usedAtS })),
      },
    })
    expect(answer.statusCode).toBe(200)
    edge.told = change
  }
  /** And every two seconds: pulls the newest document. */
  const pull = (edge: Edge) => {
    const version = context.publisher.sideVersion('grants')
    if (version === edge.version) return
    const found = [...files.entries].find(([path]) => path.startsWith('targets/grants/') && path.endsWith(`.${version}.json`))
    edge.grants.take(parseGrants(found?.[1] ?? Buffer.alloc(0)))
    edge.version = version
  }
  const getCode = async () => {
    clock.moveBy(60_000)
    const { requestId } = (await lab.ask(bhxhCode)).json<{ requestId: string }>()
    expect((await lab.verify(requestId, await lab.newestCode())).statusCode).toBe(200)
    await context.otp.grants.work()
    for (const edge of edges) pull(edge)
    return clock.nowMs()
  }

  const seeded = createSeeded(1232)
  /** When something was looked up, at any edge; a verified code counts as one. */
  let seen = [await getCode()]
  let nextMs = clock.nowMs() + 1000
  const counts = { looked: 0, codes: 1, lapsed: 0 }
  for (let step = 0; step < 7000; step += 1) {
    clock.moveBy(STEP_MS)
    const nowMs = clock.nowMs()
    if (step % 2 === 0) for (const edge of edges) await tell(edge)
    await context.otp.grants.work()
    for (const [at, edge] of edges.entries()) if ((step + at) % 4 === 0) pull(edge)
    // Who sees everything at once, and who hears of it five seconds later: an edge is between the two.
    const isLiveNow = seen.some((ms) => nowMs < ms + IDLE_MS)
    // A look-up is told by its second.
    const isKnownLive = seen.some((ms) => ms <= nowMs - NEWS_MS && nowMs < Math.floor(ms / 1000) * 1000 + IDLE_MS)
    for (const edge of edges) {
      if (judge(edge)) expect(isLiveNow).toBe(true)
      else expect(isKnownLive).toBe(false)
    }
    if (nowMs < nextMs) continue
    const edge = edges[seeded.below(2)] as Edge
    // Mostly at the last moment, while the news is still on its way; now and then too late.
    nextMs = nowMs + (seeded.below(3) === 0 ? 1 + seeded.below(215) : 177 + seeded.below(6) / 2) * 1000
    if (judge(edge)) {
      expect(edge.grants.use(token, nowMs)).toBe('live')
      seen = [...seen.slice(-3), nowMs]
      counts.looked += 1
    } else {
      counts.lapsed += 1
      counts.codes += 1
      seen = [await getCode()]
      nextMs = clock.nowMs() + (1 + seeded.below(100)) * 1000
    }
  }
  expect(counts.looked).toBeGreaterThan(8)
  expect(counts.lapsed).toBeGreaterThan(0)
}, 60_000)
