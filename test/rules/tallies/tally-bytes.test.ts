import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkSumOf } from '../../../rules/detect/sketches/byte-writer.ts'
import { SketchError } from '../../../rules/detect/sketches/sketch-error.ts'
import { accountToken, tokenBytes, tokenText } from '../../../rules/tallies/account-token.ts'
import { createCounts } from '../../../rules/tallies/tally.ts'
import { formatTally, MAX_TALLY_BYTES, parseTally } from '../../../rules/tallies/tally-bytes.ts'
import { TallyError } from '../../../rules/tallies/tally-error.ts'
import { codeOf } from '../../support/code-of.ts'
import { anEntry, aTally, sketchOfPersons, tokenOf } from '../../support/tallies.ts'

/** The bytes with one put in another's place, and the check sum made right again. */
function meddled(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.with(at, value)
  new DataView(changed.buffer).setUint32(changed.length - 4, checkSumOf(changed.subarray(0, -4)), true)
  return changed
}

describe('formatTally and parseTally', () => {
  const entry = fc.record({
    account: fc.nat(30),
    facility: fc.option(fc.integer({ min: 0, max: 99_999 }), { nil: undefined }),
    counts: fc.array(fc.nat(2 ** 31), { minLength: 5, maxLength: 5 }),
    persons: fc.array(fc.nat(500), { maxLength: 60 }),
  })
  const minute = fc.record({
    step: fc.integer({ min: 1, max: 30_000_000 }),
    entries: fc.uniqueArray(entry, { selector: ({ account }) => account, maxLength: 8 }),
  })

  it('give any tally back as it was, in the same bytes whatever the order of accounts', () => {
    fc.assert(
      fc.property(fc.array(minute, { maxLength: 6 }), fc.integer({ min: 1, max: 2 ** 40 }), (parts, sequence) => {
        let at = 0
        const minutes = parts.map(({ step, entries }) => {
          at += step
          return {
            minute: at,
            entries: entries.map(
              ({ account, facility, counts: [lookups = 0, newSubjects = 0, misses = 0, histories = 0, refused = 0], persons }) =>
                anEntry({
                  token: tokenOf(`account ${account}`),
                  facility: facility === undefined ? undefined : String(facility).padStart(5, '0'),
                  counts: { lookups, newSubjects, misses, histories, refused },
                  subjects: sketchOfPersons(persons),
                }),
            ),
          }
        })
        const tally = aTally({ sequence, minutes })
        const bytes = formatTally(tally)
        const turned = minutes.map(({ minute, entries }) => ({ minute, entries: entries.toReversed() }))
        expect(formatTally({ ...tally, minutes: turned })).toEqual(bytes)
        const read = parseTally(bytes)
        expect(formatTally(read)).toEqual(bytes)
        expect(read).toMatchObject({ edge: 'edge-1', boot: tally.boot, keyId: tally.keyId, sequence })
        for (const [number, { entries }] of minutes.entries())
          for (const { token, facility, counts } of entries)
            expect(read.minutes[number]?.entries.find((found) => found.token === token)).toMatchObject({ facility, counts })
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  it('take 60 bytes or so for an account with three persons', () => {
    const entries = Array.from({ length: 1_000 }, (_, account) =>
      anEntry({ token: tokenOf(`account ${account}`), subjects: sketchOfPersons([account, account + 1, account + 2]) }),
    )
    expect(formatTally(aTally({ minutes: [{ minute: 29_000_000, entries }] })).length).toBeLessThan(60_000)
  })

  it('refuse a tally cut short or flipped anywhere', () => {
    const bytes = formatTally(aTally())
    for (let at = 0; at < bytes.length; at++) {
      expect(codeOf(() => parseTally(bytes.subarray(0, at)))).toBe('SKETCH_TORN')
      expect(codeOf(() => parseTally(bytes.with(at, (bytes[at] ?? 0) ^ 1)))).toBe('SKETCH_TORN')
    }
  })

  it('either refuse what a stranger changed, with a code, or read what they would write', () => {
    const bytes = formatTally(aTally())
    for (let at = 0; at < bytes.length - 4; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        try {
          expect(formatTally(parseTally(meddled(bytes, at, value)))).toEqual(meddled(bytes, at, value))
        } catch (error) {
          if (!(error instanceof TallyError) && !(error instanceof SketchError)) throw error
        }
      }
    }
  })

  it.each([
    ['an edge name that is a path', () => formatTally(aTally({ edge: '../edge' })), 'TALLY_FIELD'],
    ['an edge name without end', () => formatTally(aTally({ edge: 'e'.repeat(65) })), 'TALLY_FIELD'],
    [
      'an account in the clear',
      () => formatTally(aTally({ minutes: [{ minute: 1, entries: [anEntry({ token: '01234_BV' })] }] })),
      'TALLY_FIELD',
    ],
    [
      'an account twice',
      () => parseTally(formatTally(aTally({ minutes: [{ minute: 1, entries: [anEntry(), anEntry()] }] }))),
      'TALLY_ORDER',
    ],
    [
      'minutes that fall',
      () => formatTally(aTally({ minutes: [9, 8].map((minute) => ({ minute, entries: [] })) })),
      'TALLY_ORDER',
    ],
    ['another version', () => parseTally(meddled(formatTally(aTally()), 0, 9)), 'TALLY_VERSION'],
    ['too many bytes, unread', () => parseTally(new Uint8Array(MAX_TALLY_BYTES + 1)), 'TALLY_TOO_LARGE'],
    [
      'too many minutes',
      () =>
        parseTally(formatTally(aTally({ minutes: Array.from({ length: 61 }, (_, at) => ({ minute: at + 1, entries: [] })) }))),
      'SKETCH_FORM',
    ],
  ])('refuse %s', (_what, work, code) => {
    expect(codeOf(work)).toBe(code)
  })
})

describe('accountToken', () => {
  it('tells nothing of the account, and the same account again', () => {
    const key = Buffer.alloc(32, 7)
    expect(accountToken('01234_BV', key)).toMatch(/^[a-p]{16}$/)
    expect(accountToken('01234_BV', key)).toBe(accountToken('01234_BV', key))
    expect(accountToken('01234_BV', Buffer.alloc(32, 8))).not.toBe(accountToken('01234_BV', key))
    expect(codeOf(() => accountToken('01234_BV', Buffer.alloc(8)))).toBe('KEY_TOO_SHORT')
  })

  it('is eight bytes in letters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        expect(tokenBytes(tokenText(bytes))).toEqual(bytes)
      }),
      { seed: 4 },
    )
  })

  it('keeps counts that are larger than any minute can hold within the form', () => {
    const counts = { ...createCounts(), lookups: 1e15 }
    const [minute] = parseTally(formatTally(aTally({ minutes: [{ minute: 1, entries: [anEntry({ counts })] }] }))).minutes
    expect(minute?.entries[0]?.counts.lookups).toBe(2 ** 32 - 1)
  })
})
