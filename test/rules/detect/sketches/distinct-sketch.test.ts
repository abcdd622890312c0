import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistinctSketch } from '../../../../rules/detect/sketches/distinct-sketch.ts'
import { formatSketch } from '../../../../rules/detect/sketches/sketch-bytes.ts'
import { hashOfPerson } from '../../../support/subject-hashes.ts'

function sketchOf(persons: Iterable<number>): DistinctSketch {
  const sketch = new DistinctSketch()
  for (const person of persons) {
    const { high, low } = hashOfPerson(person)
    sketch.add(high, low)
  }
  return sketch
}

function* range(from: number, to: number): Generator<number> {
  for (let person = from; person < to; person++) yield person
}

function joined(all: DistinctSketch, part: DistinctSketch): DistinctSketch {
  all.join(part)
  return all
}

/** Root mean square and mean of the relative error over several populations that share nobody. */
function errorsAt(persons: number, populations: number): { rms: number; mean: number } {
  let squares = 0
  let sum = 0
  for (let population = 0; population < populations; population++) {
    const from = population * persons
    const error = (sketchOf(range(from, from + persons)).estimate() - persons) / persons
    squares += error * error
    sum += error
  }
  return { rms: Math.sqrt(squares / populations), mean: sum / populations }
}

describe('DistinctSketch', () => {
  it.each([
    [1, 200, 0],
    [30, 200, 0.002],
    [1_000, 60, 0.002],
    [3_584, 40, 0.002],
    [3_700, 60, 0.011],
    [10_000, 60, 0.011],
    [40_000, 20, 0.012],
    [150_000, 8, 0.014],
  ])('is off by little for %i persons', (persons, populations, rms) => {
    const error = errorsAt(persons, populations)
    expect(error.rms).toBeLessThanOrEqual(rms)
    // Three standard errors of the mean: a bias would show.
    expect(Math.abs(error.mean)).toBeLessThanOrEqual((3 * rms) / Math.sqrt(populations))
  })

  it('counts a person once, however often seen', () => {
    const sketch = sketchOf(range(0, 500))
    const before = formatSketch(sketch)
    for (let again = 0; again < 5; again++)
      for (const person of range(0, 500)) sketch.add(hashOfPerson(person).high, hashOfPerson(person).low)
    expect(formatSketch(sketch)).toEqual(before)
  })

  const population = fc.record({ from: fc.nat(9_000), persons: fc.oneof(fc.nat(40), fc.nat(9_000)) })
  const built = population.map(({ from, persons }) => ({ people: [from, from + persons] as const }))

  it('joins like sets: commutative, associative, idempotent, and equal to one count of all', () => {
    fc.assert(
      fc.property(fc.array(built, { minLength: 1, maxLength: 4 }), (parts) => {
        const sketches = () => parts.map(({ people }) => sketchOf(range(...people)))
        const leftToRight = sketches().reduce(joined, new DistinctSketch())
        const nested = sketches().reduceRight((all, part) => joined(part, all), new DistinctSketch())
        const twice = [...sketches(), ...sketches()].reduce(joined, new DistinctSketch())
        const expected = formatSketch(sketchOf(parts.flatMap(({ people }) => [...range(...people)])))
        expect(formatSketch(leftToRight)).toEqual(expected)
        expect(formatSketch(nested)).toEqual(expected)
        expect(formatSketch(twice)).toEqual(expected)
      }),
      { numRuns: 15, seed: 4 },
    )
  })

  it('leaves the other sketch as it is when joining', () => {
    const small = sketchOf(range(0, 10))
    const before = formatSketch(small)
    sketchOf(range(5, 9_000)).join(small)
    expect(formatSketch(small)).toEqual(before)
  })
})
