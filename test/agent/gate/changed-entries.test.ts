import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createChangeFinder } from '../../../agent/gate/changed-entries.ts'
import { EdgeGrants } from '../../../rules/grants/edge-grants.ts'
import { GRANT_IDLE_MS, type Grant } from '../../../rules/grants/grant-life.ts'

const T0 = Date.UTC(2026, 2, 2, 1)
const TOKENS = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'] as const

const grants = fc.uniqueArray(
  fc.record({
    token: fc.constantFrom(...TOKENS),
    grantedAtMs: fc.constantFrom(T0, T0 + 60_000),
    usedAtMs: fc.integer({ min: 1, max: 40 }).map((minutes) => T0 + minutes * 60_000),
    endsAtMs: fc.constant(T0 + 12 * 3_600_000),
    idleMs: fc.constantFrom(GRANT_IDLE_MS, 600_000),
  }),
  { selector: ({ token }) => token },
)
const step = fc.record({ list: grants, uses: fc.array(fc.constantFrom(...TOKENS), { maxLength: 3 }) })

describe('createChangeFinder', () => {
  it('tells a whole list first, then what is new, other or gone', () => {
    const find = createChangeFinder<{ token: string; size: number }>()
    const entries = TOKENS.map((token, size) => ({ token, size }))
    expect(find(entries)).toEqual({ isWhole: true, set: entries, gone: [] })
    expect(find(entries)).toEqual({ isWhole: false, set: [], gone: [] })
    const other = { token: TOKENS[0], size: 9 }
    expect(find([other, ...entries.slice(2)])).toEqual({ isWhole: false, set: [other], gone: [TOKENS[1]] })
  })

  it('brings grants to where whole documents bring them, at once and a piece at a time, own look-ups in between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const find = createChangeFinder<Grant>()
        const [whole, changed, byPieces] = [new EdgeGrants(), new EdgeGrants(), new EdgeGrants()]
        for (const [at, { list, uses }] of steps.entries()) {
          const nowMs = T0 + (41 + 5 * at) * 60_000
          whole.takeAll(list, nowMs)
          const { isWhole, set, gone } = find(list)
          if (isWhole) changed.takeAll(set, nowMs)
          else changed.takeChanges(set, gone, nowMs)
          const most = Math.max(set.length, gone.length, 1)
          for (let from = 0; from < most; from += 1) {
            const parts = { set: set.slice(from, from + 1), gone: gone.slice(from, from + 1) }
            byPieces.takePiece({ isWhole, isFirst: from === 0, isLast: from === most - 1, ...parts }, nowMs)
          }
          for (const token of uses) {
            expect(changed.use(token, nowMs + 1)).toBe(whole.use(token, nowMs + 1))
            expect(byPieces.use(token, nowMs + 1)).toBe(whole.use(token, nowMs + 1))
          }
          const told = (edge: EdgeGrants) => edge.usesSince(0).uses.toSorted((a, b) => (a.token < b.token ? -1 : 1))
          expect(told(changed)).toEqual(told(whole))
          expect(told(byPieces)).toEqual(told(whole))
          for (const token of TOKENS)
            expect([changed.find(token), byPieces.find(token)]).toEqual([whole.find(token), whole.find(token)])
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})
