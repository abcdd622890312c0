import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AgentReport } from '../../../rules/reports/agent-report.ts'
import { createFakeApprovedList } from '../../fakes/fake-approved-list.ts'
import { anAgentKey } from '../../support/agent-credential.ts'
import { aReport } from '../../support/agent-report.ts'
import { type ControlAppSetup, createControlAppSetup } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'

const HOUR_MS = 3_600_000

async function aToken({ app, as }: ControlAppSetup): Promise<string> {
  return (await app.inject({ method: 'POST', url: '/v1/agents/tokens', headers: as.operator })).json<{ token: string }>().token
}

async function enrol(
  { app }: ControlAppSetup,
  token: string,
  name = 'edge-1',
): Promise<{ status: number; body: Record<string, string> }> {
  const payload = { token, name, publicKey: anAgentKey().publicKey }
  const response = await app.inject({ method: 'POST', url: '/v1/agents/enrol', payload })
  return { status: response.statusCode, body: response.json() }
}

describe('POST /v1/agents/enrol', () => {
  it('gives the root whose hash the token names', async () => {
    const setup = await createControlAppSetup()
    const token = await aToken(setup)
    const { status, body } = await enrol(setup, token)
    expect(status).toBe(201)
    const hash = createHash('sha256')
      .update(body.root ?? '')
      .digest('hex')
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}\.[0-9a-f]{32}$/)
    expect(token.split('.')[1]).toBe(hash.slice(0, 32))
    expect(JSON.parse(body.root ?? '')).toMatchObject({ signed: { _type: 'root', version: 1 } })
  })

  it('takes a token once', async () => {
    const setup = await createControlAppSetup()
    const token = await aToken(setup)
    await enrol(setup, token)
    expect(await enrol(setup, token, 'edge-2')).toMatchObject({ status: 409, body: { code: 'TOKEN_SPENT' } })
  })

  it('refuses an expired token, and leaves a token unspent when the name is taken', async () => {
    const setup = await createControlAppSetup()
    await enrol(setup, await aToken(setup))
    const token = await aToken(setup)
    expect(await enrol(setup, token)).toMatchObject({ status: 409, body: { code: 'NAME_TAKEN' } })
    setup.clock.moveBy(24 * HOUR_MS)
    expect(await enrol(setup, token, 'edge-2')).toMatchObject({ status: 410, body: { code: 'TOKEN_EXPIRED' } })
    setup.clock.moveBy(-1)
    expect(await enrol(setup, token, 'edge-2')).toMatchObject({ status: 201 })
  })

  it('keeps no token readable: neither in the database nor in the audit log', async () => {
    const setup = await createControlAppSetup()
    const token = await aToken(setup)
    await enrol(setup, token)
    const kept = await setup.context.store.read(async (db) =>
      JSON.stringify([
        await db.selectFrom('enrolment_token').selectAll().execute(),
        await db.selectFrom('audit').selectAll().execute(),
      ]),
    )
    expect(kept).not.toContain(token)
    expect(kept).not.toContain(token.split('.')[0])
    expect(kept).toContain('agent.enrol')
  })
})

describe('GET /v1/agents', () => {
  it('shows what an agent last said', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const fault = { code: 'PULL_FAILED', message: 'no answer', since: '2026-03-01T00:00:00.000Z' }
    const faults = [
      { area: 'pass', ...fault },
      { area: 'gate', ...fault, code: 'GATE_KEY_UNUSABLE' },
    ]
    expect(await agent.report(aReport({ mode: 'enforce', fault, faults: [{ ...fault, area: 'gate', code: '<b>' }] }))).toBe(400)
    expect(
      await agent.report(aReport({ mode: 'enforce', fault, faults, refused: [{ address: '203.0.113.9', packets: 3 }] })),
    ).toBe(204)
    const { agents } = (await setup.app.inject({ url: '/v1/agents', headers: setup.as.reader })).json<{ agents: unknown[] }>()
    expect(agents).toEqual([
      expect.objectContaining({
        id: agent.id,
        name: 'edge-1',
        mode: 'enforce',
        fault,
        faults,
        refused: 1,
        flags: 0,
        revision: 0,
        agrees: null,
        isCurrent: true,
      }),
    ])
  })

  it('shows which verdicts over all edges an agent holds, and whether they are the newest', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const fleet = { publishedAt: null, verdicts: 0, seen: 0, lastTallyAt: null }
    const listed = async () => {
      const answer = await setup.app.inject({ url: '/v1/agents', headers: setup.as.reader })
      const { newestBlocks, agents } = answer.json<{ newestBlocks: number; agents: { blocks: unknown }[] }>()
      return { newestBlocks, blocks: agents[0]?.blocks }
    }
    await agent.report(aReport({}))
    expect(await listed()).toEqual({ newestBlocks: 0, blocks: null })
    await agent.report(aReport({ fleet: { ...fleet, version: 0 } }))
    expect(await listed()).toEqual({ newestBlocks: 0, blocks: { version: 0, isCurrent: true } })
    const version = await setup.context.publisher.publishBlocks([])
    expect(await listed()).toEqual({ newestBlocks: version, blocks: { version: 0, isCurrent: false } })
    await agent.report(aReport({ fleet: { ...fleet, version } }))
    expect(await listed()).toEqual({ newestBlocks: version, blocks: { version, isCurrent: true } })
  })

  describe('says whether an edge was proved to hold what was signed', () => {
    const OTHER = 'f'.repeat(64)
    const proof = (fields: { signedDigest: string; kernelDigest: string; agrees: boolean }) => ({
      at: '2026-03-01T00:00:00.000Z',
      blocks: 10,
      tookMs: 12,
      ...fields,
    })

    it.each<[string, (digest: string) => Partial<AgentReport>, Record<string, unknown>]>([
      [
        'all three agree',
        (digest) => ({ digest, proof: proof({ signedDigest: digest, kernelDigest: digest, agrees: true }) }),
        { agrees: true, proof: 'agrees', provedAt: '2026-03-01T00:00:00.000Z' },
      ],
      [
        'its kernel holds something else, and it says so',
        (digest) => ({ digest, proof: proof({ signedDigest: digest, kernelDigest: OTHER, agrees: false }) }),
        { agrees: true, proof: 'differs', kernelDigest: OTHER },
      ],
      [
        'its kernel holds something else, whatever it says of it',
        (digest) => ({ digest, proof: proof({ signedDigest: digest, kernelDigest: OTHER, agrees: true }) }),
        { proof: 'differs' },
      ],
      [
        'only the management prefixes differ',
        (digest) => ({ digest, proof: proof({ signedDigest: digest, kernelDigest: digest, agrees: false }) }),
        { proof: 'differs' },
      ],
      [
        'it claims another digest than was signed',
        () => ({ digest: OTHER, proof: proof({ signedDigest: OTHER, kernelDigest: OTHER, agrees: true }) }),
        { agrees: false, proof: 'differs' },
      ],
      [
        'it was proved right under the revision before',
        (digest) => ({ digest, proof: proof({ signedDigest: OTHER, kernelDigest: OTHER, agrees: true }) }),
        { agrees: true, proof: 'stale' },
      ],
      ['it has not read back yet', (digest) => ({ digest, proof: null }), { proof: null, kernelDigest: null }],
      ['its agent knows no proofs', (digest) => ({ digest }), { agrees: true, proof: null, drift: null }],
    ])('%s', async (_what, report, expected) => {
      const approved = createFakeApprovedList()
      approved.set(10)
      const setup = await createControlAppSetup({ approved })
      const { digest } = await setup.context.publisher.publish({ person: 'approver-1', role: 'approver' }, {})
      const agent = await enrolAgent(setup, 'edge-1')
      expect(await agent.report(aReport({ revision: 1, ...report(digest) }))).toBe(204)
      const { agents } = (await setup.app.inject({ url: '/v1/agents', headers: setup.as.reader })).json<{ agents: unknown[] }>()
      expect(agents).toEqual([expect.objectContaining({ signedDigest: digest, ...expected })])
    })
  })

  it('shows who changed the rules of an edge', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const drift = {
      listening: 'on' as const,
      found: 3,
      repaired: 3,
      lastAt: '2026-03-01T00:00:00.000Z',
      lastKind: 'table-removed',
      lastProcess: { pid: 4242, name: 'other-tool' },
      lastRepairMs: 80,
      isFought: false,
    }
    expect(await agent.report(aReport({ drift }))).toBe(204)
    const { agents } = (await setup.app.inject({ url: '/v1/agents', headers: setup.as.reader })).json<{ agents: unknown[] }>()
    expect(agents).toEqual([expect.objectContaining({ drift })])
  })

  it('keeps a bounded history, newest first', async () => {
    const setup = await createControlAppSetup({ config: 'agents: {reportsKept: 2}' })
    const agent = await enrolAgent(setup, 'edge-1')
    for (const revision of [1, 2, 3]) await agent.report(aReport({ revision }))
    const response = await setup.app.inject({ url: `/v1/agents/${agent.id}/reports`, headers: setup.as.reader })
    const { reports } = response.json<{ reports: { report: { revision: number } }[] }>()
    expect(reports.map(({ report }) => report.revision)).toEqual([3, 2])
  })
})

describe('DELETE /v1/agents/:id', () => {
  it('shuts a revoked agent out at once and frees its name', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const url = `/v1/agents/${agent.id}`
    const revoke = () => setup.app.inject({ method: 'DELETE', url, headers: setup.as.operator, payload: { reason: 'stolen' } })
    expect((await revoke()).statusCode).toBe(204)
    expect(await agent.report(aReport())).toBe(401)
    expect((await revoke()).statusCode).toBe(409)
    await enrolAgent(setup, 'edge-1')
    const { agents } = (await setup.app.inject({ url: '/v1/agents', headers: setup.as.reader })).json<{
      agents: { revokeReason: string }[]
    }>()
    expect(agents.map(({ revokeReason }) => revokeReason)).toEqual(expect.arrayContaining([null, 'stolen']))
  })

  it('asks for a reason', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const response = await setup.app.inject({
      method: 'DELETE',
      url: `/v1/agents/${agent.id}`,
      headers: setup.as.operator,
      payload: { reason: ' ' },
    })
    expect(response.statusCode).toBe(400)
  })
})
