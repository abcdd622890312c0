import { describe, expect, it } from 'vitest'
import { createSubjectReader } from '../../../rules/requests/hash-subject.ts'
import { createSeeded } from '../../support/seeded.ts'

const key = new Uint8Array(32).fill(3)
const DAY_MS = 86_400_000
/** Midnight in the portal's zone. */
const MIDNIGHT_MS = Date.UTC(2026, 10, 21, 17)
const number = createSeeded(9).digits(10)
const card = `DN4${'79'}${number}`

function read(text: string, options: { key?: Uint8Array; atMs?: number } = {}) {
  const reader = createSubjectReader(options.key ?? key)
  const bytes = Buffer.from(`"${text}"`, 'latin1')
  reader.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 1, bytes.length - 1, options.atMs ?? MIDNIGHT_MS)
  const { subject, block, isProbe } = reader
  return { subject, block, isProbe }
}

describe('createSubjectReader', () => {
  it.each([
    ['a'.repeat(32), 'hexadecimal, 16 bytes'],
    ['0123456789abcdef'.repeat(4), 'hexadecimal, 32 bytes'],
    ['A-_z'.repeat(10).concat('abc'), 'base64url, 32 bytes'],
  ])('keeps %s, a hash already: %s', (hash) => {
    expect(read(hash)).toEqual({ subject: hash, block: undefined, isProbe: false })
  })

  it.each([number, card, `9${number}1`, 'Nguyen Van', 'f'.repeat(31)])('hides what is no hash', (text) => {
    expect(read(text).subject).toMatch(/^[0-9a-f]{16}$/)
    expect(read(text).subject).not.toBe(read(text, { key: new Uint8Array(32) }).subject)
  })

  it('takes a card and its number for one person, in any case', () => {
    expect(read(card)).toEqual(read(number))
    expect(read(` ${card.toLowerCase()} `)).toEqual(read(number))
    expect(read(`9${number}1`).subject).not.toBe(read(number).subject)
  })

  it.each(['', ' ', '-', 'x'.repeat(257)])('names nobody for %j', (text) => {
    expect(read(text)).toEqual({ subject: undefined, block: undefined, isProbe: false })
  })

  it('gives numbers of one thousand the same block and the others another', () => {
    const blocks = ['0', '4', '5', '9'].map((digit) => read(`${number.slice(0, 7)}${digit}12`).block)
    expect(new Set(blocks).size).toBe(1)
    expect(blocks[0]).toBe(Math.trunc(blocks[0] ?? NaN) | 0)
    const others = Array.from({ length: 1000 }, (_, i) => read(`79${String(i).padStart(5, '0')}123`).block)
    expect(new Set(others).size).toBe(1000)
    expect(others).not.toContain(0)
  })

  it.each([
    ['0'.repeat(10), true],
    [`HT3${'01'}${'0'.repeat(10)}`, true],
    ['0'.repeat(12), false],
    [`${'0'.repeat(9)}1`, false],
  ])('knows the number of nobody: %s', (text, isProbe) => {
    expect(read(text)).toMatchObject({ isProbe, subject: expect.stringMatching(/^[0-9a-f]{16}$/) })
  })

  it('has another key each day, of the log and of the portal', () => {
    const at = (atMs: number) => read(number, { atMs }).subject
    expect(at(MIDNIGHT_MS)).toBe(at(MIDNIGHT_MS + DAY_MS - 1))
    expect(new Set([at(MIDNIGHT_MS - 1), at(MIDNIGHT_MS), at(MIDNIGHT_MS + DAY_MS)]).size).toBe(3)
  })

  it('forgets the keys of days that many others followed, and makes them again', () => {
    const reader = createSubjectReader(key)
    const bytes = Buffer.from(number)
    const at = (day: number) => {
      reader.read(new DataView(bytes.buffer, bytes.byteOffset, 10), 0, 10, MIDNIGHT_MS + day * DAY_MS)
      return reader.subject
    }
    const days = Array.from({ length: 30 }, (_, day) => at(day))
    expect(days.map((_, day) => at(day))).toEqual(days)
  })
})
