import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFleetDesk, type FleetDesk } from '../../../control-api/fleet/fleet-desk.ts'
import { type NormsFile, openNormsFile } from '../../../control-api/fleet/norms-file.ts'
import { newestSides } from '../../../control-api/publication/repository.ts'
import { readCurrent } from '../../../control-api/publication/signed-metadata.ts'
import { DEFAULT_DETECT_POLICY } from '../../../rules/detect/detect-policy.ts'
import { createCounts, type Tally } from '../../../rules/tallies/tally.ts'
import { formatTally } from '../../../rules/tallies/tally-bytes.ts'
import { type BlocksDocument, parseBlocks } from '../../../rules/verdicts/blocks-document.ts'
import { createMemoryNormsFile } from '../../fakes/memory-norms-file.ts'
import { type ControlAppSetup, createControlAppSetup, createSeededBytes } from '../../support/control-app.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'
import type { MovableClock } from '../../support/movable-clock.ts'
import { anEntry, aTally, sketchOfPersons, tokenOf } from '../../support/tallies.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')
const MINUTE_MS = 60_000

/** A tally in which the account looked up so many persons in the present minute, others at each edge. */
function busyTally(account: string, edge: number, persons: number, nowMs: number, sequence = 1): Tally {
  const subjects = sketchOfPersons(Array.from({ length: persons }, (_, at) => edge * 100_000 + at))
  const counts = { ...createCounts(), lookups: persons, newSubjects: persons }
  const entry = anEntry({ token: tokenOf(account), facility: account.slice(0, 5), counts, subjects })
  return aTally({ edge: `edge-${edge}`, sequence, minutes: [{ minute: Math.floor(nowMs / MINUTE_MS), entries: [entry] }] })
}

async function aWorld(): Promise<ControlAppSetup> {
  return createControlAppSetup({ startMs: START })
}

/** The signed document that edges see. */
async function signedBlocks({ files }: ControlAppSetup): Promise<BlocksDocument | undefined> {
  const { targets } = await readCurrent(files)
  const version = newestSides({ targets }).blocks
  const found = Object.entries(targets.targets).find(([name]) => name === `blocks/${version}.json`)
  if (found === undefined) return undefined
  const [name, { hashes }] = found
  const bytes = await files.find(`targets/${name.replace('/', `/${hashes.sha256}.`)}`)
  return bytes === undefined ? undefined : parseBlocks(bytes)
}

function auditOf({ context: { store } }: ControlAppSetup) {
  return store.read((db) => db.selectFrom('audit').select(['action', 'person', 'details']).execute())
}

/** 140 look-ups a minute at each of five edges. */
function spread({ context, clock }: ControlAppSetup, account = '79999_BV'): void {
  for (let edge = 1; edge <= 5; edge++) context.fleet.take(busyTally(account, edge, 140, clock.nowMs()), `agent-${edge}`, false)
}

describe('the fleet desk', () => {
  it('signs a verdict on what no edge alone would call a harvest, with evidence in both languages, and audits it', async () => {
    const world = await aWorld()
    spread(world)
    await world.context.fleet.work()
    const document = await signedBlocks(world)
    expect(document).toMatchObject({
      version: 1,
      verdicts: [{ token: tokenOf('79999_BV'), facility: '79999', rule: 'absolute', action: 'suspend', edges: 5 }],
    })
    expect(document?.verdicts[0]?.evidence.vi).toContain('5 điểm biên')
    expect(document?.verdicts[0]?.evidence.en).toContain('5 edges')
    const { verdicts, version, edges } = (await world.app.inject({ url: '/v1/fleet', headers: world.as.reader })).json()
    expect({ version, edges, state: verdicts[0].state }).toEqual({ version: 1, edges: 5, state: 'held' })
    const audited = await auditOf(world)
    const actions = audited.map(({ action }) => action)
    expect(actions).toEqual(expect.arrayContaining(['fleet.suspend', 'blocks.publish']))
  })

  it('publishes nothing while nothing is held, and nothing anew while nothing changes', async () => {
    const world = await aWorld()
    await world.context.fleet.work()
    expect(await signedBlocks(world)).toBeUndefined()
    spread(world)
    for (let turn = 0; turn < 5; turn++) {
      await world.context.fleet.work()
      world.clock.moveBy(10_000)
    }
    expect((await signedBlocks(world))?.version).toBe(1)
  })

  it('ends a verdict by itself, and says later ends of one that goes on', async () => {
    const world = await aWorld()
    for (let minute = 0; minute <= 20; minute++) {
      for (let edge = 1; edge <= 5; edge++)
        world.context.fleet.take(busyTally('79999_BV', edge, 140, world.clock.nowMs(), minute + 1), `agent-${edge}`, false)
      await world.context.fleet.work()
      world.clock.moveBy(MINUTE_MS)
    }
    const longer = await signedBlocks(world)
    expect(longer?.version).toBe(2)
    expect(Date.parse(longer?.verdicts[0]?.until ?? '')).toBeGreaterThan(START + 40 * MINUTE_MS)
    world.clock.moveBy(3 * 3_600_000)
    await world.context.fleet.work()
    expect((await signedBlocks(world))?.verdicts).toEqual([])
    const { verdicts } = (await world.app.inject({ url: '/v1/fleet?all=true', headers: world.as.reader })).json()
    expect(verdicts).toMatchObject([{ state: 'ended' }])
  })

  it('takes a verdict back when an officer says why, leaves the account alone for a while, and audits who it was', async () => {
    const world = await aWorld()
    spread(world)
    await world.context.fleet.work()
    const [{ id }] = (await world.app.inject({ url: '/v1/fleet', headers: world.as.reader })).json().verdicts
    const release = (headers: object, payload: object) =>
      world.app.inject({ method: 'POST', url: `/v1/fleet/${id}/release`, headers: { ...headers }, payload })
    expect((await release(world.as.operator, {})).statusCode).toBe(400)
    expect((await release(world.as.operator, { reason: 'vaccination day' })).statusCode).toBe(204)
    expect((await signedBlocks(world))?.verdicts).toEqual([])
    expect((await release(world.as.operator, { reason: 'vaccination day' })).json()).toMatchObject({ code: 'CONFLICT' })
    for (let minute = 0; minute < 10; minute++) {
      world.clock.moveBy(MINUTE_MS)
      await world.context.fleet.work()
      expect((await signedBlocks(world))?.verdicts).toEqual([])
    }
    const audited = await auditOf(world)
    expect(audited).toContainEqual(
      expect.objectContaining({
        action: 'fleet.release',
        person: 'operator-1',
        details: expect.stringContaining('"reason":"vaccination day"'),
      }),
    )
    spread(world)
    await world.context.fleet.work()
    expect((await signedBlocks(world))?.verdicts, 'a fresh harvest').toHaveLength(1)
  })

  it('goes on with what was held after a restart without any counts', async () => {
    const world = await aWorld()
    spread(world)
    await world.context.fleet.work()
    const again = createFleetDesk({
      ...world.context,
      policy: DEFAULT_DETECT_POLICY,
      maxParts: 1000,
      norms: createMemoryNormsFile(),
      randomBytes: () => new Uint8Array(8),
    })
    await again.work()
    expect((await signedBlocks(world))?.verdicts).toHaveLength(1)
    world.clock.moveBy(31 * MINUTE_MS)
    await again.work()
    expect((await signedBlocks(world))?.verdicts).toEqual([])
  })
})

describe('the fleet desk over the weeks', () => {
  const PERSONS = 3
  const CLINIC = '79999_BV'

  /** Five edges at which the account looks up so many persons each in every quarter of an hour, for so many hours. */
  async function live(desk: FleetDesk, clock: MovableClock, hours: number, persons: number): Promise<void> {
    for (let quarter = 0; quarter < hours * 4; quarter++) {
      for (let edge = 1; edge <= 5; edge++) {
        const tally = busyTally(CLINIC, edge, persons, clock.nowMs(), 1 + Math.floor(clock.nowMs() / MINUTE_MS))
        desk.take(tally, `agent-${edge}`, false)
      }
      await desk.work()
      clock.moveBy(15 * MINUTE_MS)
    }
  }

  function deskOf(world: ControlAppSetup, norms: NormsFile): FleetDesk {
    const parts = { ...world.context, policy: DEFAULT_DETECT_POLICY, maxParts: 100_000, norms }
    return createFleetDesk({ ...parts, randomBytes: createSeededBytes('fleet') })
  }

  it('learns what is usual for an account, and judges by it after a restart', async () => {
    const world = await aWorld()
    const folder = await temporaryFolder()
    const norms = openNormsFile(join(folder, 'fleet-norms.bin'))
    await live(deskOf(world, norms), world.clock, 9 * 24, PERSONS)
    expect(await signedBlocks(world)).toBeUndefined()
    const again = deskOf(world, norms)
    await live(again, world.clock, 4, 12 * PERSONS)
    expect(again.figures()).toMatchObject({ knownAccounts: 1, findings: [] })
    expect((await signedBlocks(world))?.verdicts).toMatchObject([{ token: tokenOf(CLINIC), rule: 'rate', action: 'suspend' }])
    const forgetful = await aWorld()
    await live(deskOf(forgetful, createMemoryNormsFile()), forgetful.clock, 4, 12 * PERSONS)
    expect(await signedBlocks(forgetful)).toBeUndefined()
  })

  it('says that what it knew is torn, or cannot be read or kept, and goes on judging', async () => {
    const world = await aWorld()
    const norms = createMemoryNormsFile()
    norms.bytes = Buffer.from('torn')
    norms.isFull = true
    const desk = deskOf(world, norms)
    await live(desk, world.clock, 3, PERSONS)
    expect(desk.figures().findings).toEqual([expect.stringContaining('learned anew'), expect.stringContaining('cannot be kept')])
    norms.isFull = false
    await live(desk, world.clock, 1, PERSONS)
    expect(desk.figures().findings).toEqual([expect.stringContaining('learned anew')])
    const blind = deskOf(world, { ...norms, read: () => Promise.reject(new Error('input/output error')) })
    for (let edge = 1; edge <= 5; edge++) blind.take(busyTally(CLINIC, edge, 140, world.clock.nowMs()), `agent-${edge}`, false)
    await blind.work()
    expect(blind.figures().findings).toEqual([expect.stringContaining('cannot be read')])
    expect((await signedBlocks(world))?.verdicts).toMatchObject([{ action: 'suspend' }])
  })
})

describe('POST /v1/tallies', () => {
  it('takes a tally from an edge, counts it under the edge that proved to be, and refuses everything else', async () => {
    const world = await aWorld()
    const agent = await enrolAgent(world, 'edge-1')
    const send = async (payload: Uint8Array, type = 'application/octet-stream') =>
      world.app.inject({
        method: 'POST',
        url: '/v1/tallies?whole=true',
        headers: { ...(await agent.authorize('POST', '/v1/tallies')), 'content-type': type },
        payload: Buffer.from(payload),
      })
    const bytes = formatTally(busyTally('79999_BV', 1, 20, START))
    expect((await send(bytes)).json()).toEqual({ taken: 1, refused: 0, missing: 0 })
    expect((await send(bytes)).json()).toEqual({ taken: 1, refused: 0, missing: 0 })
    expect(world.context.fleet.figures()).toMatchObject({ edges: 1, parts: 1, tallies: 2 })
    const torn = await send(bytes.slice(0, -1))
    expect([torn.statusCode, torn.json().code]).toEqual([400, 'BAD_REQUEST'])
    expect((await send(bytes, 'text/csv')).statusCode).toBe(415)
    const late = formatTally(busyTally('79999_BV', 1, 20, START - 3_600_000, 2))
    expect((await send(late)).json()).toEqual({ taken: 0, refused: 1, missing: 0 })
  })

  it('is refused from an edge that floods', async () => {
    const world = await aWorld()
    for (let sequence = 1; sequence <= 240; sequence++)
      world.context.fleet.take(busyTally('79999_BV', 1, 1, START, sequence), 'agent-1', false)
    expect(() => world.context.fleet.take(busyTally('79999_BV', 1, 1, START, 241), 'agent-1', false)).toThrow('within a minute')
    world.context.fleet.take(busyTally('79999_BV', 2, 1, START, 1), 'agent-2', false)
  })
})
