import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readCurrent } from '../../control-api/publication/signed-metadata.ts'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import { anEntry } from '../support/allow-lists.ts'
import { type ControlAppSetup, createControlAppSetup } from '../support/control-app.ts'
import { type FleetEdge, startFleetEdge } from '../support/fleet-lab.ts'
import { aRequest, subjectOf } from '../support/scenarios/request.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')
const STEP_MS = 10_000
const EDGES = 5
/** Approved for another facility than the account's: a stolen account. */
const THIEF_ADDRESS = '20.0.0.66'
const OWN_ADDRESS = '20.0.0.1'
const OTHER_ADDRESS = '20.0.0.2'
/** Built here, so that nothing that looks like a citizen ID stands in the tree. */
const CITIZEN = ['0790', '9012', '3456'].join('')
const KEY = new Uint8Array(32).fill(7)

interface World {
  readonly control: ControlAppSetup
  readonly edges: readonly FleetEdge[]
  nowMs(): number
  /** Ten seconds: each edge gets these look-ups, its clocks move on, central looks at the sum. */
  step(requestsOf: (edge: number, fromMs: number) => readonly AttributedRequest[]): Promise<void>
}

async function aWorld(): Promise<World> {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  onTestFinished(() => void vi.useRealTimers())
  const entries = [
    anEntry(OWN_ADDRESS, { facility: '79999', province: '79' }),
    anEntry(OTHER_ADDRESS, { facility: '01234' }),
    anEntry(THIEF_ADDRESS, { facility: '05678' }),
  ]
  const approved = { entriesAt: async () => entries, changesBetween: async () => false }
  const control = await createControlAppSetup({ startMs: START, approved })
  const folder = await temporaryFolder()
  await control.context.publisher.publish({ person: 'binh', role: 'approver' }, { mode: 'enforce' })
  const edges: FleetEdge[] = []
  for (let edge = 1; edge <= EDGES; edge++) {
    const config = { verdicts: { action: 'block-source' } }
    edges.push(await startFleetEdge({ world: control, folder, name: `edge-${edge}`, key: KEY, startMs: START, config }))
  }
  for (const { lab } of edges) await until('a list in force', () => lab.agent.status().inForce?.revision === 1 || undefined)
  let nowMs = START
  return {
    control,
    edges,
    nowMs: () => nowMs,
    async step(requestsOf) {
      const written = edges.map((edge, number) => edge.write(requestsOf(number, nowMs)))
      for (const [number, { running }] of edges.entries()) await running.hasRead(written[number] ?? 0)
      nowMs += STEP_MS
      vi.setSystemTime(nowMs)
      control.clock.moveTo(nowMs)
      for (const edge of edges) {
        const before = edge.running.watch.tallies.held().length
        await edge.advance(STEP_MS)
        await until('its tallies', () => edge.running.watch.tallies.held().length > before || nowMs % 30_000 !== 0 || undefined)
        await edge.advance(0)
      }
      await control.context.fleet.work()
      const { version } = control.context.fleet.figures()
      for (const { lab } of edges) await until('the verdicts', () => lab.agent.status().fleet.version === version || undefined)
    },
  }
}

/** 11.6 look-ups a second over all edges in turn (5715/BYT-BH), each of another person. */
function harvestOf(account: string, ip: string) {
  let persons = 0
  return (_edge: number, fromMs: number): AttributedRequest[] =>
    Array.from({ length: 23 }, (_, at) => {
      const facility = account.slice(0, 5)
      return aRequest({ atMs: fromMs + at * 430, ip, account, facility, subject: subjectOf(facility, persons++) })
    })
}

const isLetIn = ({ lab }: FleetEdge, address: string): boolean => lab.firewall.wouldPass(address, 443)

describe('a harvest spread over five edges', () => {
  it('is blocked at every edge within ten minutes and 2,000 look-ups, and nothing on the way names a citizen', async () => {
    const world = await aWorld()
    const { edges, control } = world
    const account = `79999_${CITIZEN}`
    const look = harvestOf(account, THIEF_ADDRESS)
    let lookups = 0
    while (edges.some((edge) => isLetIn(edge, THIEF_ADDRESS)) && world.nowMs() < START + 600_000) {
      await world.step(look)
      lookups += EDGES * 23
    }
    expect(edges.map((edge) => isLetIn(edge, THIEF_ADDRESS))).toEqual(Array(EDGES).fill(false))
    expect(world.nowMs() - START).toBeLessThanOrEqual(600_000)
    expect(lookups).toBeLessThanOrEqual(2000)
    expect(
      edges.flatMap(({ running }) => running.told),
      'no edge alone saw anything',
    ).toEqual([])
    for (const edge of edges) {
      expect(isLetIn(edge, OTHER_ADDRESS)).toBe(true)
      const { fleet, flags, blocked } = edge.lab.agent.status()
      expect(fleet).toMatchObject({ version: 1, verdicts: 1, seen: 1 })
      expect(flags).toMatchObject([{ rule: 'fleet-absolute', action: 'suspend', taken: 'blocked-source' }])
      expect(blocked).toMatchObject([{ address: THIEF_ADDRESS, rule: 'fleet-absolute' }])
    }

    // The canary: what was sent, signed, stored, logged and shown.
    const store = await control.context.store.read(async (db) => ({
      verdicts: await db.selectFrom('fleet_verdict').selectAll().execute(),
      audit: await db.selectFrom('audit').selectAll().execute(),
    }))
    const files = [...control.files.entries.values()].map((bytes) => bytes.toString('latin1'))
    const shown = edges.map(({ lab }) => JSON.stringify([lab.agent.status(), lab.log]))
    const sent = edges.flatMap((edge) => edge.sent)
    expect(sent.length).toBeGreaterThan(EDGES)
    const signed = Object.keys((await readCurrent(control.files)).targets.targets)
    expect(signed).toContain('blocks/1.json')
    const told = (await control.app.inject({ url: '/v1/fleet', headers: control.as.reader })).body
    for (const text of [...sent, ...files, ...shown, ...control.logLines, JSON.stringify(store), told]) {
      expect(text).not.toContain(CITIZEN)
      expect(text.replaceAll(/[0-9a-f]{32,}/g, '')).not.toMatch(/\b0\d{11}\b/)
    }
    expect([told, JSON.stringify(store)].join()).not.toContain(THIEF_ADDRESS)
  })

  it('spares the account’s own facility, and ends at once when an officer says so', async () => {
    const world = await aWorld()
    const { edges, control } = world
    const own = harvestOf('79999_BV', OWN_ADDRESS)
    const stolen = harvestOf('01234_BV', THIEF_ADDRESS)
    while (world.control.context.fleet.figures().version < 1 && world.nowMs() < START + 600_000)
      await world.step((edge, fromMs) => [...own(edge, fromMs), ...stolen(edge, fromMs)])
    await until('both verdicts', async () => {
      await control.context.fleet.work()
      return edges.every(({ lab }) => lab.agent.status().fleet.verdicts === 2) || undefined
    })
    expect(edges.map((edge) => [isLetIn(edge, OWN_ADDRESS), isLetIn(edge, THIEF_ADDRESS)])).toEqual(
      Array(EDGES).fill([true, false]),
    )
    const { verdicts } = (await control.app.inject({ url: '/v1/fleet', headers: control.as.reader })).json()
    const { id } = (verdicts as { id: string; facility: string }[]).find(({ facility }) => facility === '01234') ?? { id: '' }
    const release = await control.app.inject({
      method: 'POST',
      url: `/v1/fleet/${id}/release`,
      headers: control.as.operator,
      payload: { reason: 'health-check camp of the district' },
    })
    expect(release.statusCode).toBe(204)
    for (const edge of edges) await until('let in again', () => isLetIn(edge, THIEF_ADDRESS) || undefined)
    expect(edges.map(({ lab }) => lab.agent.status().fleet.verdicts)).toEqual(Array(EDGES).fill(1))
  })
})
