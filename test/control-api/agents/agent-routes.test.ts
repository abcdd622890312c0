import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
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
    expect(await agent.report(aReport({ mode: 'enforce', fault, refused: [{ address: '203.0.113.9', packets: 3 }] }))).toBe(204)
    const { agents } = (await setup.app.inject({ url: '/v1/agents', headers: setup.as.reader })).json<{ agents: unknown[] }>()
    expect(agents).toEqual([
      expect.objectContaining({
        id: agent.id,
        name: 'edge-1',
        mode: 'enforce',
        fault,
        refused: 1,
        flags: 0,
        revision: 0,
        agrees: null,
        isCurrent: true,
      }),
    ])
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
