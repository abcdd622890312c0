import { describe, expect, it } from 'vitest'
import { agentAuthorization, anAgentKey, type CredentialClaims } from '../../support/agent-credential.ts'
import { aReport } from '../../support/agent-report.ts'
import { createControlAppSetup } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'

const REPORT = { method: 'POST', path: '/v1/reports' } as const

describe('agentOf', () => {
  it.each<[string, Partial<CredentialClaims>, number, string | undefined]>([
    ['a fresh credential', {}, 204, undefined],
    ['made for another method', { method: 'GET' }, 401, 'UNAUTHENTICATED'],
    ['made for another path', { path: '/v1/events' }, 401, 'UNAUTHENTICATED'],
    ['made for another service', { audience: 'somebody-else' }, 401, 'UNAUTHENTICATED'],
    ['that lives too long', { lifeS: 61 }, 401, 'UNAUTHENTICATED'],
    ['of an agent nobody enrolled', { agentId: 'agent-0000000000000000' }, 401, 'UNAUTHENTICATED'],
  ])('judges a credential %s', async (_what, own, status, code) => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const claims = { agentId: agent.id, ...REPORT, atMs: setup.clock.nowMs(), jti: 'one-of-a-kind', ...own }
    const headers = await agentAuthorization(agent.key, claims)
    const response = await setup.app.inject({ method: 'POST', url: '/v1/reports', headers, payload: aReport() })
    expect(response.statusCode).toBe(status)
    if (code !== undefined) expect(response.json()).toMatchObject({ code })
  })

  it('refuses the signature of another key', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const headers = await agentAuthorization(anAgentKey(), {
      agentId: agent.id,
      ...REPORT,
      atMs: setup.clock.nowMs(),
      jti: 'one-of-a-kind',
    })
    const response = await setup.app.inject({ method: 'POST', url: '/v1/reports', headers, payload: aReport() })
    expect(response.json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
  })

  it.each([
    [-121, 401],
    [-119, 204],
    [59, 204],
    [62, 401],
  ])('with an agent’s clock %i s off answers %i, and says that the clocks differ', async (offS, status) => {
    const setup = await createControlAppSetup({ startMs: Math.floor(Date.now() / 1000) * 1000 })
    const agent = await enrolAgent(setup, 'edge-1')
    const headers = await agentAuthorization(agent.key, {
      agentId: agent.id,
      ...REPORT,
      atMs: setup.clock.nowMs() + offS * 1000,
      jti: 'one-of-a-kind',
    })
    const response = await setup.app.inject({ method: 'POST', url: '/v1/reports', headers, payload: aReport() })
    expect(response.statusCode).toBe(status)
    if (status === 401) expect(response.json()).toMatchObject({ code: 'CLOCKS_DIFFER', facts: { differenceS: -offS } })
  })

  it('takes a credential for a change once, for a read again', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const post = await agent.authorize('POST', '/v1/reports')
    const send = () => setup.app.inject({ method: 'POST', url: '/v1/reports', headers: post, payload: aReport() })
    expect((await send()).statusCode).toBe(204)
    expect((await send()).json()).toMatchObject({ code: 'REPLAYED' })
    const get = await agent.authorize('GET', '/v1/tuf/metadata/timestamp.json')
    const read = () => setup.app.inject({ url: '/v1/tuf/metadata/timestamp.json', headers: get })
    expect([(await read()).statusCode, (await read()).statusCode]).toEqual([200, 200])
  })

  it('gives an agent no role of a person', async () => {
    const setup = await createControlAppSetup()
    const agent = await enrolAgent(setup, 'edge-1')
    const response = await setup.app.inject({ url: '/v1/agents', headers: await agent.authorize('GET', '/v1/agents') })
    expect(response.statusCode).toBe(403)
  })
})
