import { describe, expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import type { ToldUses } from '../../../agent/fleet/fleet-watch.ts'
import { createUseCarrier } from '../../../agent/fleet/use-carrier.ts'
import { createStatusBoard } from '../../../agent/status/status-board.ts'
import { createFakeControlClient } from '../../fakes/fake-control-client.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { createMovableClock } from '../../support/movable-clock.ts'

const NEVER = new AbortController().signal
const TOKEN = 'abcdefghijklmnop'

function scene(hasGate = true) {
  const clock = createMovableClock(1_800_000_000_500)
  const about = { name: 'edge-1', agentVersion: '0', localHold: false, backend: { name: 'nft', reason: '' } }
  const board = createStatusBoard(about, clock)
  const client = createFakeControlClient()
  const asked: number[] = []
  let told: ToldUses = { change: 0, uses: [] }
  const watch = {
    async grantUses(since: number) {
      asked.push(since)
      return hasGate ? told : undefined
    },
  }
  const carrier = createUseCarrier({ watch, client, board, clock, log: createFakeLog() })
  return {
    clock,
    client,
    asked,
    carry: () => carrier.carry(NEVER),
    tell: (uses: ToldUses) => {
      told = uses
    },
    faults: () => board.read().faults.map(({ area, code }) => `${area} ${code}`),
  }
}

describe('createUseCarrier', () => {
  it('tells central only what is new, with the second of this host', async () => {
    const { tell, carry, client, asked } = scene()
    await carry()
    tell({ change: 7, uses: [{ token: TOKEN, usedAt: 1_799_999_999 }] })
    await carry()
    tell({ change: 7, uses: [] })
    await carry()
    expect(client.posted).toEqual([
      { path: '/v1/grant-uses', body: { sentAt: 1_800_000_000, uses: [{ token: TOKEN, usedAt: 1_799_999_999 }] } },
    ])
    expect(asked).toEqual([0, 0, 7])
  })

  it('tells again what central did not take, after a while', async () => {
    const { tell, carry, client, clock, asked, faults } = scene()
    tell({ change: 7, uses: [{ token: TOKEN, usedAt: 1 }] })
    client.failPosts(new ControlLinkError('CONTROL_UNREACHABLE', 'away'))
    await carry()
    await carry()
    expect([asked, faults()]).toEqual([[0], ['uses CONTROL_UNREACHABLE']])
    client.failPosts(undefined)
    clock.moveBy(5000)
    await carry()
    expect([asked, client.posted.length, faults()]).toEqual([[0, 0], 1, []])
  })

  it('asks a watch without a gate once a minute', async () => {
    const { carry, asked, clock } = scene(false)
    await carry()
    await carry()
    clock.moveBy(60_000)
    await carry()
    expect(asked).toEqual([0, 0])
  })
})
