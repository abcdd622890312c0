import { describe, expect, it } from 'vitest'
import { ControlLinkError } from '../../../agent/control/control-link-error.ts'
import { keepConnected } from '../../../agent/control/keep-connected.ts'
import { createFakeTime } from '../../fakes/fake-time.ts'

/** Runs until `ends.length` connections have ended; gives the waits between. */
async function delaysOf(ends: readonly ('ok' | Error)[], random: number): Promise<number[]> {
  const time = createFakeTime(0)
  const stopping = new AbortController()
  const delays: number[] = []
  const left = [...ends]
  const running = keepConnected({
    async connect(alive) {
      const end = left.shift()
      if (end === 'ok') alive()
      else if (end !== undefined) throw end
    },
    onEnd(_error, delayMs) {
      delays.push(delayMs)
      if (left.length === 0) stopping.abort()
    },
    timers: time,
    random: () => random,
    baseMs: 1000,
    maxMs: 60_000,
    signal: stopping.signal,
  })
  while (!stopping.signal.aborted) await time.advance(120_000)
  await running
  return delays
}

const away = new ControlLinkError('CONTROL_UNREACHABLE', 'away')

describe('keepConnected', () => {
  it('waits longer after each failure, up to the longest', async () => {
    expect(
      await delaysOf(
        Array.from({ length: 9 }, () => away),
        1,
      ),
    ).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  it('spreads a fleet over the whole wait', async () => {
    expect(await delaysOf([away, away, away], 0)).toEqual([0, 0, 0])
    expect(await delaysOf([away, away, away], 0.25)).toEqual([250, 500, 1000])
  })

  it('begins anew after a connection that was useful', async () => {
    expect(await delaysOf([away, away, 'ok', away], 1)).toEqual([1000, 2000, 1000, 2000])
  })

  it('waits at least as long as it was asked to', async () => {
    const busy = new ControlLinkError('CONTROL_BUSY', 'busy', { status: 503, retryAfterMs: 30_000 })
    expect(await delaysOf([busy, busy], 0.5)).toEqual([30_500, 31_000])
  })
})
