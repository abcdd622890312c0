import { describe, expect, it } from 'vitest'
import type { Log } from '../../../agent/log/log.ts'
import { createVerdictKeeper } from '../../../agent/verdicts/verdict-keeper.ts'
import { createBlockSet } from '../../../rules/addresses/create-block-set.ts'
import { aFlag } from '../../fakes/fake-watch.ts'

const NOW_MS = Date.parse('2024-07-27T03:00:00Z')
const noLog = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

function aKeeper(log: Log = noLog, nowMs = () => NOW_MS) {
  return createVerdictKeeper({
    policy: { action: 'block-source', blockForS: 3600, facilityAddresses: 'always', maxBlocks: 500, maxFacilityBlocks: 20 },
    management: createBlockSet([]),
    clock: { nowMs },
    log,
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

  it('tells of a hundred flags a minute and of how many more there were, however wild watch goes', () => {
    const lines: unknown[] = []
    let nowMs = NOW_MS
    const keeper = aKeeper({ ...noLog, warn: (facts: object) => void lines.push(facts) }, () => nowMs)
    for (let i = 0; i < 5000; i += 1) keeper.take(aFlag({ account: `0${1000 + i}_BV` }))
    expect(lines).toHaveLength(100)
    nowMs += 60_000
    keeper.take(aFlag({ account: '09999_BV' }))
    expect(lines.slice(100)).toMatchObject([{ untold: 4900 }, { account: '09999_BV' }])
  })

  it('asks for nothing within a snapshot, and for a look at its end', () => {
    const keeper = aKeeper()
    keeper.connected()
    expect(keeper.take(aFlag())).toBe(false)
    expect(keeper.take({ kind: 'alive' })).toBe(false)
    expect(keeper.take({ kind: 'snapshot-end' })).toBe(true)
  })
})
