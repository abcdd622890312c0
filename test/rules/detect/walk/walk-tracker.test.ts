import { describe, expect, it } from 'vitest'
import { mixed } from '../../../../rules/detect/sketches/subject-hash.ts'
import { createWalkFigures, type WalkFigures, WalkTracker } from '../../../../rules/detect/walk/walk-tracker.ts'
import { createRandom, type Random } from '../../../support/scenarios/random.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')
const SLOT = 3
const NATION = 100_000_000

/** What the parser gives for a number. */
function blockOf(number: number): number {
  return mixed(Math.floor(number / 1_000) + 0x51ed) || 1
}

/** Figures after the account looked up these numbers, one a second. */
function figuresOf(numbers: readonly number[], everyMs = 1_000): WalkFigures {
  const tracker = new WalkTracker()
  for (const [at, number] of numbers.entries()) tracker.add(SLOT, blockOf(number), START + at * everyMs)
  return tracker.figures(SLOT, START + numbers.length * everyMs, createWalkFigures())
}

function shuffled(numbers: readonly number[], random: Random): number[] {
  const mixedUp = [...numbers]
  for (let at = mixedUp.length - 1; at > 0; at--) {
    const other = random.whole(0, at)
    ;[mixedUp[at], mixedUp[other]] = [mixedUp[other] as number, mixedUp[at] as number]
  }
  return mixedUp
}

/** `count` numbers from `from`, `gap` apart, each window of `windowed` shuffled. */
function walk(random: Random, from: number, count: number, gap = 1, windowed = 1): number[] {
  const numbers = Array.from({ length: count }, (_, at) => from + at * gap)
  return Array.from({ length: Math.ceil(count / windowed) }, (_, at) =>
    shuffled(numbers.slice(at * windowed, (at + 1) * windowed), random),
  ).flat()
}

/** Patients of communes whose numbers lie in so many blocks; some come with their families. */
function patients(random: Random, count: number, blocks: number): number[] {
  const firsts = Array.from({ length: blocks }, () => random.whole(0, NATION / 1_000) * 1_000)
  const numbers: number[] = []
  while (numbers.length < count) {
    const first = random.pick(firsts) + random.whole(0, 996)
    for (let member = random.whole(0, 5) === 0 ? random.whole(1, 3) : 0; member >= 0; member--) numbers.push(first + member)
  }
  return numbers.slice(0, count)
}

/** One of the second list after every `every` of the first. */
function dealt(honest: readonly number[], harvest: readonly number[], every: number): number[] {
  return harvest.flatMap((number, at) => [...honest.slice(at * every, (at + 1) * every), number])
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

describe('WalkTracker', () => {
  it.each([
    ['one by one', 1, 1],
    ['down with gaps of 7', -7, 1],
    ['shuffled inside a thousand', 1, 1_000],
    ['with gaps of 10, shuffled', 10, 100],
    ['with gaps of 40', 40, 1],
  ])('is sure of an order after 60 persons %s, whatever the seed', (_how, gap, windowed) => {
    for (const seed of SEEDS) {
      const random = createRandom(seed)
      const { orderScore } = figuresOf(walk(random, random.whole(1, 900) * 100_000, 60, gap, windowed))
      expect(orderScore).toBeGreaterThan(15)
    }
  })

  it.each([
    ['alone', 0, 1],
    ['after each honest look-up', 1, 1],
    ['after every third honest look-up', 3, 1],
    ['after each honest look-up, with gaps of 10', 1, 10],
  ])('sees a dense walk %s', (_how, every, gap) => {
    for (const seed of SEEDS) {
      const random = createRandom(seed)
      const harvest = walk(random, 41_000_000, 600, gap, 100)
      const figures = figuresOf(dealt(patients(random, harvest.length * every, 2_000), harvest, every))
      expect(figures.densePersons).toBeGreaterThan(400)
    }
  })

  it.each([
    ['a hospital of a province', 8_000, 3_000],
    ['a district hospital', 1_000, 150],
    ['a vaccination day of one commune', 1_500, 15],
    ['a commune station', 60, 8],
    ['a station whose commune has six blocks', 400, 6],
  ])('sees no walk in %s', (_who, persons, blocks) => {
    for (const seed of SEEDS) {
      const figures = figuresOf(patients(createRandom(seed), persons, blocks))
      expect(figures.densePersons).toBe(0)
      expect(figures.orderScore).toBeLessThan(10)
    }
  })

  it('counts what a memory of all blocks counts, while there are no more than it follows', () => {
    const random = createRandom(5)
    const numbers = walk(random, 10_000, 12_000, 1, 500)
    const figures = figuresOf(numbers)
    expect(figures).toMatchObject({ persons: 12_000, densePersons: 12_000, densest: 1_000 })
  })

  it('lets it rest: half the persons after twelve hours, no dense block and no order after two days', () => {
    const tracker = new WalkTracker()
    for (const [at, number] of walk(createRandom(1), 7_000, 1_000).entries()) tracker.add(SLOT, blockOf(number), START + at)
    const later = START + 49 * 3_600_000
    expect(tracker.figures(SLOT, later, createWalkFigures()).densePersons).toBe(0)
    tracker.add(SLOT, blockOf(5), later)
    const figures = tracker.figures(SLOT, later, createWalkFigures())
    expect(figures.persons).toBeLessThan(70)
    expect(figures.orderScore).toBe(0)
  })

  it('counts nobody without a block, and forgets an account that is cleared', () => {
    const tracker = new WalkTracker()
    tracker.add(SLOT, 0, START)
    expect(tracker.size).toBe(0)
    for (let at = 0; at < 100; at++) tracker.add(SLOT, 9, START + at)
    tracker.clear(SLOT)
    tracker.add(SLOT, 9, START)
    expect(tracker.figures(SLOT, START, createWalkFigures())).toEqual({ persons: 1, densePersons: 0, densest: 0, orderScore: 0 })
  })

  it('follows no more accounts than it may, and keeps the walker among small ones', () => {
    const tracker = new WalkTracker(50)
    for (let at = 0; at < 500; at++) tracker.add(1_000_000, blockOf(at), START + at)
    for (let slot = 0; slot < 5_000; slot++) tracker.add(slot, blockOf(slot * 1_000), START + slot)
    expect(tracker.size).toBe(50)
    expect(tracker.figures(1_000_000, START, createWalkFigures()).densePersons).toBe(500)
  })
})
