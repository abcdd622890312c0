import { describe, expect, it } from 'vitest'
import { readSubjectHash } from '../../../rules/detect/sketches/subject-hash.ts'
import { SubjectMemory } from '../../../rules/detect/subject-memory.ts'
import { subjectOf } from '../../support/scenarios/request.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')
const HOUR_MS = 3_600_000

/** How many of the persons numbered [from, to) count as new. */
function newOnes(memory: SubjectMemory, from: number, to: number, atMs = START, slot = 5): number {
  let fresh = 0
  const hash = { high: 0, low: 0 }
  for (let person = from; person < to; person++) {
    readSubjectHash(subjectOf('01234', person), hash)
    if (!memory.recall(slot, hash.low, atMs)) fresh++
  }
  return fresh
}

describe('SubjectMemory', () => {
  it.each([[1], [16], [17], [1_000], [20_000]])('knows each of %i persons again the same day', (persons) => {
    const memory = new SubjectMemory()
    expect(newOnes(memory, 0, persons)).toBe(persons)
    expect(newOnes(memory, 0, persons, START + 10 * HOUR_MS)).toBe(0)
  })

  it.each([[1], [16], [17], [1_000]])('says whether it knows one of %i persons without remembering anything', (persons) => {
    const memory = new SubjectMemory()
    newOnes(memory, 0, persons)
    const hash = { high: 0, low: 0 }
    const knows = (person: number, slot = 5) => {
      readSubjectHash(subjectOf('01234', person), hash)
      return memory.knows(slot, hash.low)
    }
    expect([knows(0), knows(persons - 1), knows(persons), knows(persons), knows(0, 6)]).toEqual([true, true, false, false, false])
    expect(newOnes(memory, persons, persons + 1)).toBe(1)
  })

  it('forgets persons not seen for two generations', () => {
    const memory = new SubjectMemory()
    newOnes(memory, 0, 100)
    newOnes(memory, 100, 101, START + 13 * HOUR_MS)
    newOnes(memory, 101, 102, START + 26 * HOUR_MS)
    expect(newOnes(memory, 0, 100, START + 26 * HOUR_MS)).toBe(100)
  })

  it('keeps accounts apart', () => {
    const memory = new SubjectMemory()
    newOnes(memory, 0, 40, START, 1)
    expect(newOnes(memory, 0, 40, START, 2)).toBe(40)
  })

  it('forgets an account that is cleared, and gives its room back', () => {
    const memory = new SubjectMemory(1_024)
    for (let slot = 0; slot < 50; slot++) {
      newOnes(memory, 0, 200, START, slot)
      memory.clear(slot)
    }
    newOnes(memory, 0, 200, START, 60)
    expect(newOnes(memory, 0, 200, START, 60)).toBe(0)
    expect(newOnes(memory, 0, 20, START, 0)).toBe(20)
  })

  it('never takes more room than it may: over it, persons are forgotten, not accounts', () => {
    const memory = new SubjectMemory(512)
    for (let slot = 0; slot < 20; slot++) newOnes(memory, 0, 5_000, START, slot)
    expect(memory.words).toBeLessThanOrEqual(512)
    expect(newOnes(memory, 4_999, 5_000, START, 0)).toBe(0)
  })
})
