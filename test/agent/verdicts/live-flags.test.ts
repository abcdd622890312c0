import { describe, expect, it } from 'vitest'
import { createLiveFlags } from '../../../agent/verdicts/live-flags.ts'
import { aFlag } from '../../fakes/fake-watch.ts'

const NOW_MS = Date.parse('2024-07-27T03:00:00Z')

describe('createLiveFlags', () => {
  it('keeps one flag for each account, the last one', () => {
    const flags = createLiveFlags()
    flags.take(aFlag({ requests: 150, rule: 'peers', action: 'watch' }))
    flags.take(aFlag({ account: '00002_BV', rule: 'walk' }))
    flags.take(aFlag({ requests: 350 }))
    expect(flags.live(NOW_MS).map(({ rule, requests }) => [rule, requests])).toEqual([
      ['walk', 350],
      ['absolute', 350],
    ])
  })

  it('forgets what is released, and only that', () => {
    const flags = createLiveFlags()
    flags.take(aFlag())
    flags.take(aFlag({ account: '00002_BV' }))
    flags.take(aFlag({ action: 'release' }))
    expect(flags.live(NOW_MS).map(({ account }) => account)).toEqual(['00002_BV'])
  })

  it('forgets what lapses by itself', () => {
    const flags = createLiveFlags()
    flags.take(aFlag({ until: '2024-07-27T03:00:01Z' }))
    expect(flags.live(NOW_MS)).toHaveLength(1)
    expect(flags.live(NOW_MS + 1000)).toHaveLength(0)
  })

  it('forgets at the end of a snapshot what it did not name', () => {
    const flags = createLiveFlags()
    flags.take(aFlag({ account: '00001_BV' }))
    flags.take(aFlag({ account: '00002_BV' }))
    flags.beginSnapshot()
    flags.take(aFlag({ account: '00002_BV' }))
    expect(flags.live(NOW_MS)).toHaveLength(2)
    flags.endSnapshot()
    expect(flags.live(NOW_MS).map(({ account }) => account)).toEqual(['00002_BV'])
  })

  it('holds a bounded number, whatever watch says', () => {
    const flags = createLiveFlags()
    for (let i = 0; i < 6000; i += 1) flags.take(aFlag({ account: `${String(i).padStart(5, '0')}_BV` }))
    expect(flags.live(NOW_MS)).toHaveLength(5000)
    expect(flags.live(NOW_MS)[0]?.account).toBe('01000_BV')
  })
})
