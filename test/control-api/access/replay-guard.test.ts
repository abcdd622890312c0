import { describe, expect, it } from 'vitest'
import { createReplayGuard } from '../../../control-api/access/replay-guard.ts'

describe('createReplayGuard', () => {
  it('refuses a second use until the credential has run out', () => {
    const guard = createReplayGuard(10)
    guard.spend('a', 1000, 0)
    expect(() => guard.spend('a', 1000, 1000)).toThrow(expect.objectContaining({ code: 'REPLAYED' }))
    guard.spend('a', 3000, 1001)
    expect(() => guard.spend('a', 3000, 2000)).toThrow(expect.objectContaining({ code: 'REPLAYED' }))
  })

  it('is bounded: makes room from what has run out, and lets nothing in unremembered', () => {
    const guard = createReplayGuard(2)
    guard.spend('a', 1000, 0)
    guard.spend('b', 2000, 0)
    expect(() => guard.spend('c', 2000, 500)).toThrow(expect.objectContaining({ code: 'BUSY' }))
    guard.spend('c', 3000, 1500)
    expect(() => guard.spend('b', 2000, 1500)).toThrow(expect.objectContaining({ code: 'REPLAYED' }))
  })
})
