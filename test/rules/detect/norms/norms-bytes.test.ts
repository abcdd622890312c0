import { describe, expect, it } from 'vitest'
import { createNorm } from '../../../../rules/detect/norms/norm.ts'
import { Norms } from '../../../../rules/detect/norms/norms.ts'
import { formatNorms, restoreNorms } from '../../../../rules/detect/norms/norms-bytes.ts'
import { codeOf } from '../../../support/code-of.ts'
import { createRandom } from '../../../support/scenarios/random.ts'

const MONDAY = Date.parse('2026-03-02T00:00:00+07:00')
const HOUR_MS = 3_600_000

function taughtNorms(): Norms {
  const norms = new Norms()
  const random = createRandom(1)
  for (let hour = 0; hour < 168 * 6; hour++)
    for (let slot = 0; slot < 20; slot++)
      norms.learn(slot, 50 * (1 + slot), MONDAY + hour * HOUR_MS, random.poisson(3 + slot), false)
  return norms
}

/** What all twenty accounts are told through a week. */
function answersOf(norms: Norms, slotOf = (slot: number) => slot) {
  return Array.from({ length: 20 * 24 }, (_, at) => {
    const slot = at % 20
    const { expected, ...rest } = norms.hourAt(
      slotOf(slot),
      50 * (1 + slot),
      MONDAY + 6 * 168 * HOUR_MS + at * 7 * HOUR_MS,
      createNorm(),
    )
    return { ...rest, allowed: Math.round(rest.allowed), expected: Math.round(expected * 10) / 10 }
  })
}

const names = Array.from({ length: 20 }, (_, slot) => [slot, `0${1000 + slot}_BV`] as const)

describe('formatNorms and restoreNorms', () => {
  it('give the same answers after a restart, for accounts in other slots', () => {
    const norms = taughtNorms()
    const restored = new Norms()
    restoreNorms(formatNorms(norms, names), restored, (name) => 500 + Number(name.slice(0, 5)) - 1000)
    expect(answersOf(restored, (slot) => 500 + slot)).toEqual(answersOf(norms))
    expect(restored.own.size).toBe(20)
  })

  it('leave out accounts that are not held, and those without an own norm', () => {
    const restored = new Norms()
    restoreNorms(formatNorms(taughtNorms(), [...names, [999, '09999_BV']]), restored, (name) =>
      name === '01003_BV' ? 3 : undefined,
    )
    expect(restored.own.size).toBe(1)
  })

  it('refuse torn bytes, and take nothing of them', () => {
    const bytes = formatNorms(taughtNorms(), names)
    const restored = new Norms()
    const before = answersOf(restored)
    for (const at of [0, 1, 3, 500, 2_000, bytes.length - 1]) {
      expect(codeOf(() => restoreNorms(bytes.subarray(0, at), restored, Number))).toBe('SKETCH_TORN')
      expect(codeOf(() => restoreNorms(bytes.with(at, (bytes[at] ?? 0) ^ 4), restored, Number))).toBe('SKETCH_TORN')
    }
    expect(answersOf(restored)).toEqual(before)
    expect(restored.own.size).toBe(0)
  })
})
