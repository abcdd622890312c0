import { describe, expect, it } from 'vitest'
import { Shadows } from '../../../rules/detect/shadows.ts'

const NOON = Date.parse('2026-03-02T12:00:00+07:00')
const MINUTE = 60_000

describe('Shadows', () => {
  it('counts an account once until it was calm for as long as an action lasts', () => {
    const shadows = new Shadows(['rate'], 30 * MINUTE)
    for (const minute of [0, 10, 35]) shadows.note('rate', 4, 2, NOON + minute * MINUTE)
    expect(shadows.tallies(NOON + 40 * MINUTE)).toEqual([
      { rule: 'rate', actions: { watch: 0, throttle: 1, suspend: 0 }, accounts: 1 },
    ])
    shadows.note('rate', 4, 2, NOON + 70 * MINUTE)
    expect(shadows.tallies(NOON + 70 * MINUTE)[0]?.actions.throttle).toBe(2)
  })

  it('counts each step up', () => {
    const shadows = new Shadows(['rate'], 30 * MINUTE)
    for (const level of [1, 3, 2] as const) shadows.note('rate', 4, level, NOON)
    expect(shadows.tallies(NOON)[0]?.actions).toEqual({ watch: 1, throttle: 0, suspend: 1 })
  })

  it('tells whom a rule would act on now: nobody who is calm or no longer counted', () => {
    const shadows = new Shadows(['rate', 'walk'], 30 * MINUTE)
    for (const slot of [1, 2, 3]) shadows.note('rate', slot, 1, NOON)
    shadows.clear(2)
    const accounts = (atMs: number) => shadows.tallies(atMs).map((tally) => tally.accounts)
    expect([accounts(NOON), accounts(NOON + 31 * MINUTE)]).toEqual([
      [2, 0],
      [0, 0],
    ])
  })

  it('counts nothing for a rule that is not in shadow', () => {
    const shadows = new Shadows(['rate'], 30 * MINUTE)
    shadows.note('walk', 1, 3, NOON)
    expect(shadows.tallies(NOON)).toMatchObject([{ accounts: 0, actions: { suspend: 0 } }])
  })
})
