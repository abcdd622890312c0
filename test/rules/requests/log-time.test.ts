import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClfTime, readHaproxyTime, readIsoTime } from '../../../rules/requests/log-time.ts'
import { portalTimeText } from '../../../rules/requests/portal-time-text.ts'

/** From the second day on: a local date before 1970 is refused. */
const instant = fc.integer({ min: 86_400_000, max: Date.UTC(9999, 11, 31) })
const offset = fc.integer({ min: -14 * 60, max: 14 * 60 })

describe('readIsoTime', () => {
  it('gives back the instant that was written, at any offset', () => {
    fc.assert(
      fc.property(instant, offset, (atMs, minutes) => {
        expect(read(readIsoTime, isoText(atMs, minutes))).toBe(atMs)
      }),
      { seed: 1, numRuns: 1_000 },
    )
  })

  it('reads no text that Date does not read as the same instant', () => {
    const written = '2024-02-29T23:59:59.123+07:00'
    const change = fc.tuple(fc.nat(written.length - 1), fc.constantFrom(...'0123456789-+:.TZ '.split('')))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const text = changes.reduce((it, [place, character]) => it.slice(0, place) + character + it.slice(place + 1), written)
        const atMs = read(readIsoTime, text)
        if (!Number.isNaN(atMs)) expect(new Date(text).getTime()).toBe(atMs)
      }),
      { seed: 2, numRuns: 3_000 },
    )
  })

  it.each(['2023-02-29', '2100-02-29', '2026-04-31', '2026-06-31', '2026-09-31', '2026-00-10', '2026-01-00', '1969-12-31'])(
    'refuses the day %s',
    (day) => {
      expect(read(readIsoTime, `${day}T00:00:00Z`)).toBeNaN()
    },
  )
})

describe('readClfTime', () => {
  it('gives back the instant that was written, at any offset', () => {
    fc.assert(
      fc.property(instant, offset, (atMs, minutes) => {
        const wholeMs = Math.floor(atMs / 1000) * 1000
        expect(read(readClfTime, clfText(wholeMs, minutes))).toBe(wholeMs)
      }),
      { seed: 3, numRuns: 1_000 },
    )
  })
})

describe('readHaproxyTime', () => {
  it('reads the clock of a host at the given offset', () => {
    const bytes = Buffer.from('22/Nov/2026:08:00:00.655')
    expect(readHaproxyTime(bytes, 0, bytes.length, 420)).toBe(Date.UTC(2026, 10, 22, 1, 0, 0, 655))
    expect(readHaproxyTime(bytes, 0, bytes.length, 0)).toBe(Date.UTC(2026, 10, 22, 8, 0, 0, 655))
  })
})

describe('portalTimeText', () => {
  it('writes what readIsoTime reads, in the portal zone', () => {
    expect(portalTimeText(Date.UTC(2024, 6, 31, 17))).toBe('2024-08-01T00:00:00+07:00')
    expect(portalTimeText(5)).toBe('1970-01-01T07:00:00.005+07:00')
    fc.assert(
      fc.property(instant, (atMs) => {
        expect(read(readIsoTime, portalTimeText(atMs))).toBe(atMs)
      }),
      { seed: 4, numRuns: 1_000 },
    )
  })
})

/** Also with digits on both sides, which are not the time's. */
function read(reader: (bytes: Buffer, start: number, end: number) => number, text: string): number {
  const bytes = Buffer.from(`12${text}34`)
  return reader(bytes, 2, bytes.length - 2)
}

function isoText(atMs: number, minutes: number): string {
  return `${new Date(atMs + minutes * 60_000).toISOString().slice(0, -1)}${offsetText(minutes, ':')}`.replace(/^\+0/, '')
}

function clfText(atMs: number, minutes: number): string {
  const [, day, month, year, clock] =
    /, (\d\d) (\w{3}) (\d{4}) (.{8})/.exec(new Date(atMs + minutes * 60_000).toUTCString()) ?? []
  return `${day}/${month}/${year}:${clock} ${offsetText(minutes, '')}`
}

function offsetText(minutes: number, colon: string): string {
  const size = Math.abs(minutes)
  const pair = (value: number) => String(value).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${pair(Math.floor(size / 60))}${colon}${pair(size % 60)}`
}
