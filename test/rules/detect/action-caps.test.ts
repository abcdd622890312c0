import { describe, expect, it } from 'vitest'
import { ActionCaps } from '../../../rules/detect/action-caps.ts'

const NOON = Date.parse('2026-03-02T12:00:00+07:00')
const MINUTE = 60_000

function allowMany(caps: ActionCaps, province: string, count: number, atMs: number): number {
  return Array.from({ length: count }, (_, slot) => caps.allow('absolute', province, slot, atMs)).filter(Boolean).length
}

describe('ActionCaps', () => {
  it('lets no more of one province be acted on within an hour, and leaves the others theirs', () => {
    const caps = new ActionCaps(10, 3)
    expect(allowMany(caps, '01', 5, NOON)).toBe(3)
    expect(allowMany(caps, '79', 2, NOON)).toBe(2)
    expect(caps.bites(NOON)).toMatchObject([{ rule: 'absolute', province: '01', accounts: new Set([3, 4]) }])
  })

  it('lets no more of the country be acted on within an hour', () => {
    const caps = new ActionCaps(4, 3)
    expect([allowMany(caps, '01', 3, NOON), allowMany(caps, '79', 3, NOON)]).toEqual([3, 1])
    expect(caps.bites(NOON)).toMatchObject([{ province: undefined }])
  })

  it('lets others be acted on an hour after the first, and forgets that it bit', () => {
    const caps = new ActionCaps(2, 2)
    allowMany(caps, '01', 3, NOON)
    expect(allowMany(caps, '01', 1, NOON + 59 * MINUTE)).toBe(0)
    expect(allowMany(caps, '01', 2, NOON + 60 * MINUTE)).toBe(2)
    expect(caps.bites(NOON + 120 * MINUTE)).toEqual([])
  })
})
