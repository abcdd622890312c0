import { describe, expect, it } from 'vitest'
import { createVerdictKeeper } from '../../../agent/verdicts/verdict-keeper.ts'
import { createBlockSet } from '../../../rules/addresses/create-block-set.ts'
import { aFlag } from '../../fakes/fake-watch.ts'

const NOW_MS = Date.parse('2024-07-27T03:00:00Z')
const noLog = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

function aKeeper() {
  return createVerdictKeeper({
    policy: { action: 'block-source', blockForS: 3600, facilityAddresses: 'always', maxBlocks: 500 },
    management: createBlockSet([]),
    clock: { nowMs: () => NOW_MS },
    log: noLog,
  })
}

describe('createVerdictKeeper', () => {
  it('asks for one look at the blocks however many flags come before it, and for another one after it', () => {
    const keeper = aKeeper()
    const flood = Array.from({ length: 1000 }, (_, i) =>
      keeper.take(
        aFlag({ at: new Date(NOW_MS).toISOString(), account: `${String(i).padStart(5, '0')}_BV`, sources: ['20.0.0.1'] }),
      ),
    )
    expect(flood.filter(Boolean)).toHaveLength(1)
    expect(keeper.blocks(undefined)).toHaveLength(1)
    expect(keeper.take(aFlag({ at: new Date(NOW_MS).toISOString(), sources: ['20.0.0.2'] }))).toBe(true)
    expect(keeper.blocks(undefined)).toHaveLength(2)
  })

  it('asks for nothing within a snapshot, and for a look at its end', () => {
    const keeper = aKeeper()
    keeper.connected()
    expect(keeper.take(aFlag())).toBe(false)
    expect(keeper.take({ kind: 'alive' })).toBe(false)
    expect(keeper.take({ kind: 'snapshot-end' })).toBe(true)
  })
})
