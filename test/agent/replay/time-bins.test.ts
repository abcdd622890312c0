import { describe, expect, it } from 'vitest'
import { TimeBins } from '../../../agent/replay/time-bins.ts'
import { createSeeded } from '../../support/seeded.ts'

function binsOf(...times: number[]): TimeBins {
  const bins = new TimeBins(10)
  for (const atMs of times) bins.add(atMs)
  return bins
}

describe('TimeBins', () => {
  it.each<[number[], number, number, number, number[]]>([
    [[0, 9, 10, 35], 0, 4, 1, [2, 1, 0, 1]],
    [[0, 9, 10, 35], 0, 2, 2, [3, 1]],
    [[35, 0, 35, 12], 10, 3, 1, [1, 0, 2]],
    [[-5, 1e6, 15], 0, 2, 1, [0, 1]],
    [[], 0, 2, 1, [0, 0]],
  ])('of %j gives the columns from %i on: %i of %i', (times, fromMs, columns, stretches, expected) => {
    expect(binsOf(...times).columns(fromMs, columns, stretches)).toEqual(expected)
  })

  it('tells the first of its fullest stretches', () => {
    expect(binsOf(3, 41, 42, 71, 72).peak()).toEqual({ count: 2, fromMs: 40 })
    expect(binsOf().peak()).toEqual({ count: 0, fromMs: 0 })
  })

  it('counts the same in whatever order the times come', () => {
    const seeded = createSeeded(4)
    const times = Array.from({ length: 300 }, () => seeded.below(500))
    const inOrder = binsOf(...times.toSorted((a, b) => a - b))
    expect(binsOf(...times).columns(0, 50, 1)).toEqual(inOrder.columns(0, 50, 1))
  })
})
