import { expect, it } from 'vitest'
import { createControlAppSetup, GATE_KEY } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'

it('the keys of the gate are given to an agent that is enrolled, to nobody else, and stand in no log', async () => {
  const setup = await createControlAppSetup()
  const { app, as, logLines } = setup
  const agent = await enrolAgent(setup, 'edge-1')
  const url = '/v1/agents/gate-key'
  const answer = await app.inject({ url, headers: await agent.authorize('GET', url) })
  const hex = Buffer.from(GATE_KEY).toString('hex')
  expect([answer.statusCode, answer.json()]).toEqual([200, { keys: [hex] }])
  for (const headers of [as.operator, as.approver, as.reader])
    expect((await app.inject({ url, headers })).json()).toMatchObject({ code: 'FORBIDDEN' })
  expect((await app.inject(url)).statusCode).toBe(401)
  await app.inject({ method: 'DELETE', url: `/v1/agents/${agent.id}`, headers: as.operator, payload: { reason: 'stolen' } })
  expect((await app.inject({ url, headers: await agent.authorize('GET', url) })).json()).toMatchObject({ code: 'REVOKED' })
  expect(logLines.join('')).not.toContain(hex)
})
