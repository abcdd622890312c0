import { describe, expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { type CarrierRound, createCarrier } from '../../../agent/fleet/carrier.ts'
import type { Fault } from '../../../agent/status/fault.ts'
import { WatchLinkError } from '../../../agent/verdicts/watch-link-error.ts'
import { createFakeLog } from '../../fakes/fake-log.ts'
import { createMovableClock } from '../../support/movable-clock.ts'

function scene() {
  const clock = createMovableClock(1_800_000_000_000)
  const faults: (string | undefined)[] = []
  const aborting = new AbortController()
  let rounds = 0
  let next: () => Promise<CarrierRound> = async () => 'carried'
  const carrier = createCarrier({
    kind: 'news',
    round() {
      rounds += 1
      return next()
    },
    retryMs: 5000,
    unknownMs: 60_000,
    board: { area: 'uses', status: { fault: (_area, fault: Fault | undefined) => faults.push(fault?.code) } },
    clock,
    log: createFakeLog(),
  })
  return {
    carry: () => carrier.carry(aborting.signal),
    comesTo: (come: () => Promise<CarrierRound>): void => {
      next = come
    },
    /** Rounds made until now, after `ms` more and a call. */
    roundsAfter: async (ms: number): Promise<number> => {
      clock.moveBy(ms)
      await carrier.carry(aborting.signal)
      return rounds
    },
    abort: () => aborting.abort(),
    faults,
  }
}

const failing = (error: Error) => async (): Promise<CarrierRound> => {
  throw error
}

describe('createCarrier', () => {
  it.each<[string, () => Promise<CarrierRound>, number, readonly (string | undefined)[]]>([
    ['what was carried', async () => 'carried', 0, [undefined, undefined]],
    ['nothing to say', async () => 'nothing', 0, []],
    ['a watch that does not know of it', async () => 'unknown', 60_000, []],
    ['a watch that is away', failing(new WatchLinkError('WATCH_AWAY', 'away')), 0, []],
    ['a control API without the route', failing(new ControlLinkError('CONTROL_NOT_FOUND', 'no', { status: 404 })), 60_000, []],
    [
      'a control API that is away',
      failing(new ControlLinkError('CONTROL_UNREACHABLE', 'away')),
      5000,
      ['CONTROL_UNREACHABLE', 'CONTROL_UNREACHABLE'],
    ],
    [
      'a control API that asks for longer',
      failing(new ControlLinkError('CONTROL_BUSY', 'later', { status: 429, retryAfterMs: 9000 })),
      9000,
      ['CONTROL_BUSY', 'CONTROL_BUSY'],
    ],
  ])('after %s asks again when it is time, and tells the fault', async (_what, come, waitMs, told) => {
    const { carry, comesTo, roundsAfter, faults } = scene()
    comesTo(come)
    await carry()
    if (waitMs > 0) expect(await roundsAfter(waitMs - 1)).toBe(1)
    expect(await roundsAfter(1)).toBe(2)
    expect(faults).toEqual(told)
  })

  it('makes one round at a time', async () => {
    const { carry, comesTo, roundsAfter } = scene()
    const { promise, resolve } = Promise.withResolvers<CarrierRound>()
    comesTo(() => promise)
    const first = carry()
    expect(await roundsAfter(0)).toBe(1)
    resolve('carried')
    await first
    expect(await roundsAfter(0)).toBe(2)
  })

  it('tells no fault of a round that was given up', async () => {
    const { carry, comesTo, abort, faults } = scene()
    comesTo(failing(new ControlLinkError('CONTROL_UNREACHABLE', 'away')))
    abort()
    await carry()
    expect(faults).toEqual([])
  })
})
