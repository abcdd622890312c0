import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../../../rules/detect/sketches/byte-writer.ts'
import { DistinctSketch } from '../../../../rules/detect/sketches/distinct-sketch.ts'
import { formatSketch, parseSketch } from '../../../../rules/detect/sketches/sketch-bytes.ts'
import { SketchError } from '../../../../rules/detect/sketches/sketch-error.ts'
import { codeOf } from '../../../support/code-of.ts'
import { hashOfPerson } from '../../../support/subject-hashes.ts'

function sketchOf(persons: number): DistinctSketch {
  const sketch = new DistinctSketch()
  for (let person = 0; person < persons; person++) sketch.add(hashOfPerson(person).high, hashOfPerson(person).low)
  return sketch
}

/** Bytes, perhaps a varint after them, and a right check sum. */
function summed(bytes: readonly number[], number?: number): Uint8Array {
  const writer = new ByteWriter()
  writer.bytes(Uint8Array.from(bytes))
  if (number !== undefined) writer.varint(number)
  writer.checkSum()
  return writer.take()
}

describe('formatSketch and parseSketch', () => {
  it.each([[0], [1], [2], [100], [3_584], [3_600], [20_000]])('give %i persons back as they were', (persons) => {
    const bytes = formatSketch(sketchOf(persons))
    const read = parseSketch(bytes)
    expect(read.estimate()).toBe(sketchOf(persons).estimate())
    expect(formatSketch(read)).toEqual(bytes)
  })

  it('take 12,294 bytes at most, and about 4 a person while sparse', () => {
    expect(formatSketch(sketchOf(0)).length).toBe(7)
    expect(formatSketch(sketchOf(100)).length).toBeLessThan(100 * 4)
    expect(formatSketch(sketchOf(3_584)).length).toBeLessThan(3_584 * 3)
    expect(formatSketch(sketchOf(50_000)).length).toBe(12_294)
  })

  it('read on after a sketch was read', () => {
    const read = parseSketch(formatSketch(sketchOf(3_000)))
    for (let person = 3_000; person < 8_000; person++) read.add(hashOfPerson(person).high, hashOfPerson(person).low)
    expect(formatSketch(read)).toEqual(formatSketch(sketchOf(8_000)))
  })

  it.each([
    ['nothing', Uint8Array.of(), 'SKETCH_TORN'],
    ['another version', summed([2, 0, 0]), 'SKETCH_VERSION'],
    ['an unknown kind', summed([1, 7, 0]), 'SKETCH_FORM'],
    ['a cell of rank 0', summed([1, 0, 1, 0x40]), 'SKETCH_FORM'],
    ['a cell of rank 46', summed([1, 0, 1, 46]), 'SKETCH_FORM'],
    ['a cell twice', summed([1, 0, 2, 1, 0]), 'SKETCH_FORM'],
    ['a cell with two ranks', summed([1, 0, 2, 1, 1]), 'SKETCH_FORM'],
    ['a number that ends in nothing', summed([1, 0, 0x80, 0]), 'SKETCH_FORM'],
    ['a number without end', summed([1, 0, ...Array<number>(12).fill(0x80)]), 'SKETCH_FORM'],
    ['a cell out of range', summed([1, 0, 1], 2 ** 26), 'SKETCH_FORM'],
    ['more cells than a sparse sketch holds', summed([1, 0], 3_585), 'SKETCH_FORM'],
    ['bytes after its end', summed([1, 0, 0, 0]), 'SKETCH_TORN'],
    ['too few registers', summed([1, 1, 0, 0]), 'SKETCH_TORN'],
    ['a register out of range', summed([1, 1, ...Array<number>(12_288).fill(0xff)]), 'SKETCH_FORM'],
    [
      'all people of the world',
      summed([1, 1, ...Array.from({ length: 12_288 }, (_, at) => [0xb2, 0x2c, 0xcb][at % 3] ?? 0)]),
      'SKETCH_IMPOSSIBLE',
    ],
  ])('refuse %s', (_what, bytes, code) => {
    expect(codeOf(() => parseSketch(bytes))).toBe(code)
  })

  it.each([[40], [6_000]])('refuse %i persons cut short or flipped anywhere', (persons) => {
    const bytes = formatSketch(sketchOf(persons))
    const places = bytes.length < 500 ? bytes.keys() : [0, 1, 2, 500, 6_000, 12_289, 12_290, bytes.length - 1]
    for (const at of places) {
      expect(codeOf(() => parseSketch(bytes.subarray(0, at)))).toBe('SKETCH_TORN')
      expect(codeOf(() => parseSketch(bytes.with(at, (bytes[at] ?? 0) ^ 0x10)))).toBe('SKETCH_TORN')
    }
  })

  it('either refuse bytes of a stranger or read what they would write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
        const bytes = summed([1, ...body])
        try {
          expect(formatSketch(parseSketch(bytes))).toEqual(bytes)
        } catch (error) {
          if (!(error instanceof SketchError)) throw error
        }
      }),
      { numRuns: 3_000, seed: 4 },
    )
  })
})
