import { expect, it } from 'vitest'
import type { Opening } from '../../../rules/lockout/opening.ts'
import { aReport } from '../../support/agent-report.ts'
import { createControlAppSetup } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'

const opening: Opening = {
  id: '0123456789abcdef',
  block: '14.160.0.7',
  at: '2026-03-01T00:00:00.000Z',
  until: '2026-03-01T01:00:00.000Z',
  why: 'night shift cannot reach the portal',
  by: 'root',
}

it('central sees whom an edge let in by hand, and its audit log keeps it once', async () => {
  const setup = await createControlAppSetup()
  const agent = await enrolAgent(setup, 'edge-1')
  const openings = async () =>
    (await setup.app.inject({ url: '/v1/agents', headers: setup.as.reader })).json<{ agents: { openings: Opening[] }[] }>()
      .agents[0]?.openings
  expect(await agent.report(aReport())).toBe(204)
  for (let times = 0; times < 3; times += 1) expect(await agent.report(aReport({ openings: [opening] }))).toBe(204)
  expect(await openings()).toEqual([opening])
  await agent.report(aReport({ openings: [] }))
  expect(await openings()).toEqual([])
  const audited = await setup.context.store.read((db) =>
    db.selectFrom('audit').select(['action', 'target']).where('action', 'like', 'agent.%').execute(),
  )
  expect(audited.map(({ action }) => action).filter((action) => /open|shut/.test(action))).toEqual(['agent.open', 'agent.shut'])
})
