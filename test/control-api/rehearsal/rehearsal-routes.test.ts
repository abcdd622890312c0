import { describe, expect, it } from 'vitest'
import type { Rehearsal } from '../../../control-api/rehearsal/rehearse.ts'
import type { AgentReport } from '../../../rules/reports/agent-report.ts'
import { aReport } from '../../support/agent-report.ts'
import { type ControlAppSetup, createControlAppSetup } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'

const PENDING = '14.225.1.10'
const SCANNER = '20.9.0.9'
const FIRST = '2026-03-01T00:00:00.000Z'
const LATER = '2026-03-01T01:00:00.000Z'

async function report(setup: ControlAppSetup, name: string, own: Partial<AgentReport>): Promise<void> {
  const agent = await enrolAgent(setup, name)
  expect(await agent.report(aReport(own))).toBe(204)
}

const rehearsal = async ({ app, as }: ControlAppSetup, query = '') =>
  (await app.inject({ url: `/v1/rehearsal${query}`, headers: as.reader })).json<Rehearsal>()

/** Two edges; one facility has asked for its address and is not approved yet. */
async function twoEdges(): Promise<ControlAppSetup> {
  const setup = await createControlAppSetup()
  const payload = {
    facility: '01234',
    facilityName: 'Trạm y tế',
    province: '01',
    block: '14.225.1.0/28',
    dispatch: '1923/BHXH-CNTT',
  }
  const registered = await setup.app.inject({ method: 'POST', url: '/v1/registrations', headers: setup.as.operator, payload })
  expect(registered.statusCode).toBe(201)
  await report(setup, 'edge-1', {
    refused: [
      { address: SCANNER, packets: 900, firstAt: LATER, lastAt: LATER },
      { address: PENDING, packets: 5, firstAt: FIRST, lastAt: FIRST },
      { address: 'no address', packets: 1 },
    ],
    refusedTotal: { sources: 16_384, isFull: true, unlistedPackets: 77 },
  })
  await report(setup, 'edge-2', { mode: 'enforce', refused: [{ address: PENDING, packets: 7, firstAt: LATER, lastAt: LATER }] })
  return setup
}

describe('GET /v1/rehearsal', () => {
  it('tells who would break: over all edges, with the facility that has asked for the address, registered ones first', async () => {
    const { edges, sources, isCut } = await rehearsal(await twoEdges())
    expect(isCut).toBe(false)
    expect(edges).toMatchObject([
      { name: 'edge-1', mode: 'observe', sources: 16_384, isFull: true, unlistedPackets: 77 },
      { name: 'edge-2', mode: 'enforce', sources: 1, isFull: false },
    ])
    expect(sources).toMatchObject([
      {
        address: PENDING,
        packets: 12,
        edges: ['edge-1', 'edge-2'],
        isRefused: true,
        firstAt: FIRST,
        lastAt: LATER,
        claims: [{ facility: '01234', province: '01', state: 'registered' }],
      },
      { address: SCANNER, packets: 900, isRefused: false, claims: [] },
    ])
  })

  it('tells of one edge, and of one province', async () => {
    const setup = await twoEdges()
    const addressesOf = async (query: string) => (await rehearsal(setup, query)).sources.map(({ address }) => address)
    expect(await addressesOf('?edge=edge-2')).toEqual([PENDING])
    expect(await addressesOf('?province=01')).toEqual([PENDING])
    expect(await addressesOf('?province=79')).toEqual([])
  })
})
