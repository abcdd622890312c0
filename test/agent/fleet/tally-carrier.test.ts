import { describe, expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import type { FleetWatch, OfferedTally } from '../../../agent/fleet/fleet-watch.ts'
import { createTallyCarrier } from '../../../agent/fleet/tally-carrier.ts'
import { createStatusBoard } from '../../../agent/status/status-board.ts'
import { WatchLinkError } from '../../../agent/verdicts/watch-link-error.ts'
import { createFakeControlClient } from '../../fakes/fake-control-client.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { createMovableClock } from '../../support/movable-clock.ts'

const NEVER = new AbortController().signal
const BOOT = '0011223344556677'

function scene() {
  const clock = createMovableClock(Date.parse('2026-03-02T01:00:00Z'))
  const board = createStatusBoard(
    { name: 'edge-1', agentVersion: '0', localHold: false, backend: { name: 'nft', reason: '' } },
    clock,
  )
  const client = createFakeControlClient()
  const offered: OfferedTally[] = []
  let isAway = false
  const watch: FleetWatch = {
    async tallies() {
      if (isAway) throw new WatchLinkError('WATCH_AWAY', 'away')
      return [...offered]
    },
    tally: async ({ sequence }) => (sequence === 99 ? undefined : Uint8Array.of(sequence)),
    accounts: async () => [],
  }
  const carrier = createTallyCarrier({ watch, client, board, clock, log: createFakeLog() })
  return {
    clock,
    board,
    client,
    carry: () => carrier.carry(NEVER),
    offer: (sequence: number, isWhole = false) => offered.push({ boot: BOOT, sequence, isWhole, bytes: 1 }),
    cut: (away: boolean) => {
      isAway = away
    },
    paths: () => client.posted.map(({ path, body }) => `${path} ${[...(body as Uint8Array)].join()}`),
    faults: () => board.read().faults.map(({ area, code }) => `${area} ${code}`),
  }
}

describe('createTallyCarrier', () => {
  it('takes each tally to central once, oldest first, and says when', async () => {
    const { offer, carry, paths, board } = scene()
    offer(1, true)
    offer(2)
    await carry()
    offer(3)
    await carry()
    await carry()
    expect(paths()).toEqual(['/v1/tallies?whole=true 1', '/v1/tallies?whole=false 2', '/v1/tallies?whole=false 3'])
    expect(board.read().fleet.lastTallyAt).toBe('2026-03-02T01:00:00.000Z')
  })

  it('keeps nothing while central is away, leaves it alone for a while, and goes on with what waits', async () => {
    const { offer, carry, paths, client, clock, faults } = scene()
    offer(1)
    client.failPosts(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    await carry()
    expect(faults()).toEqual(['tallies CONTROL_UNREACHABLE'])
    client.failPosts(undefined)
    await carry()
    expect(paths()).toEqual([])
    clock.moveBy(15_000)
    await carry()
    expect([paths(), faults()]).toEqual([['/v1/tallies?whole=false 1'], []])
  })

  it('takes a control API without the route for no fault, and asks again after ten minutes', async () => {
    const { offer, carry, paths, client, clock, faults } = scene()
    offer(1)
    client.failPosts(new ControlLinkError('CONTROL_NOT_FOUND', 'no such route', { status: 404 }))
    await carry()
    client.failPosts(undefined)
    clock.moveBy(599_000)
    await carry()
    expect([paths(), faults()]).toEqual([[], []])
    clock.moveBy(1000)
    await carry()
    expect(paths()).toHaveLength(1)
  })

  it('leaves out a tally that central refuses as it is, and waits as long as it is asked to', async () => {
    const { offer, carry, paths, client, clock } = scene()
    offer(1)
    client.failPosts(new ControlLinkError('CONTROL_REFUSED', 'torn', { status: 400 }))
    await carry()
    client.failPosts(undefined)
    offer(2)
    clock.moveBy(15_000)
    await carry()
    expect(paths()).toEqual(['/v1/tallies?whole=false 2'])
    client.failPosts(new ControlLinkError('CONTROL_BUSY', 'later', { status: 429, retryAfterMs: 60_000 }))
    offer(3)
    await carry()
    client.failPosts(undefined)
    clock.moveBy(59_000)
    await carry()
    expect(paths()).toHaveLength(1)
    clock.moveBy(1000)
    await carry()
    expect(paths()).toHaveLength(2)
  })

  it('lets a watch that is away, and a tally that is gone, be', async () => {
    const { offer, carry, cut, paths, faults } = scene()
    offer(99)
    offer(2)
    cut(true)
    await carry()
    cut(false)
    await carry()
    expect([paths(), faults()]).toEqual([['/v1/tallies?whole=false 2'], []])
  })
})
