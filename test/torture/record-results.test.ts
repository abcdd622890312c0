import { describe, expect, it } from 'vitest'
import type { Machine } from '../support/machine.ts'
import { resultRow, withResults } from './record-results.ts'
import type { TortureResult } from './run-torture.ts'

const MACHINE: Machine = { date: '2024-07-27', commit: 'abc1234', kernel: '6.1.0', nft: '1.0.6', cores: 2 }
const RESULT: TortureResult = {
  torture: 'packets',
  seed: 7,
  rounds: 6,
  done: 6,
  commits: ['abc1234'],
  figures: { probes: 1_000_000 },
  failures: [],
  ranMs: 61_000,
  missed: {},
  areGoalsJudged: true,
  isGood: true,
}

describe('resultRow', () => {
  it.each([
    [{}, '| nothing wrong, goals met |'],
    [{ missed: { probes: 2_000_000 } }, '| nothing wrong, but missed 2,000,000 probes |'],
    [{ done: 2, missed: { probes: 2_000_000 } }, '| nothing wrong so far; stopped |'],
    [{ areGoalsJudged: false }, '| nothing wrong; too short for its goals |'],
    [{ failures: [{ round: 3, seed: 1, message: 'wrong' }] }, '| **failed** in round 3 |'],
  ])('%j says %s', (fields, cell) => {
    expect(resultRow({ ...RESULT, ...fields }, MACHINE)).toContain(cell)
  })

  it('says where and when', () => {
    expect(resultRow(RESULT, MACHINE)).toBe(
      '| `packets` | nothing wrong, goals met | 1,000,000 probes | 6 of 6 | 7 | 61 s | 2024-07-27 | abc1234 | Linux 6.1.0, nft 1.0.6, 2 cores |',
    )
  })
})

describe('withResults', () => {
  const EMPTY = 'Before\n\n<!-- results: written by npm run torture -- --record -->\n\n<!-- end of results -->\n\nAfter\n'

  it('replaces the row of a run and keeps those of others and all else', () => {
    const both = withResults(EMPTY, [RESULT, { ...RESULT, torture: 'model' }], MACHINE)
    const again = withResults(both, [{ ...RESULT, seed: 8 }], MACHINE)
    expect(again.split('\n').filter((line) => line.startsWith('| `'))).toEqual([
      resultRow({ ...RESULT, seed: 8 }, MACHINE),
      resultRow({ ...RESULT, torture: 'model' }, MACHINE),
    ])
    expect(again).toMatch(/^Before\n[\s\S]*\nAfter\n$/)
    expect(withResults(again, [], MACHINE)).toBe(again)
  })

  it('refuses a document without its place', () => {
    expect(() => withResults('Before', [RESULT], MACHINE)).toThrow(/lacks/)
  })
})
