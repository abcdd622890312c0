import { describe, expect, it } from 'vitest'
import { createSeenBook } from '../../../agent/report/seen-book.ts'

const NOW_MS = Date.UTC(2024, 6, 27)
const MINUTE_MS = 60_000
const iso = (ms: number) => new Date(ms).toISOString()
const A = '20.9.0.9'

describe('createSeenBook', () => {
  it('remembers since when a source is listed, over looks of a kernel that tells only its last packet', () => {
    const book = createSeenBook(10)
    book.take([{ address: A, packets: 1, lastAgoS: 60 }], 0, NOW_MS)
    const { sources } = book.take([{ address: A, packets: 5, lastAgoS: 0 }], 0, NOW_MS + 5 * MINUTE_MS)
    expect(sources).toEqual([{ address: A, packets: 5, firstAt: iso(NOW_MS - MINUTE_MS), lastAt: iso(NOW_MS + 5 * MINUTE_MS) }])
  })

  it('takes the look that saw more packets for the last one, where the kernel tells only since when', () => {
    const book = createSeenBook(10)
    book.take([{ address: A, packets: 3, firstAgoS: 60 }], 0, NOW_MS)
    const { sources } = book.take([{ address: A, packets: 3, firstAgoS: 120 }], 0, NOW_MS + MINUTE_MS)
    expect(sources).toEqual([{ address: A, packets: 3, firstAt: iso(NOW_MS - MINUTE_MS), lastAt: iso(NOW_MS) }])
  })

  it('gives no more than asked for, and how many there are', () => {
    const all = Array.from({ length: 16_384 }, (_, i) => ({ address: `20.9.${i >> 8}.${i & 255}`, packets: 1 }))
    const { sources, total } = createSeenBook(2).take(all, 7, NOW_MS)
    expect(sources.map(({ address }) => address)).toEqual(['20.9.0.0', '20.9.0.1'])
    expect(total).toEqual({ sources: 16_384, isFull: true, unlistedPackets: 7 })
  })

  it('adds up what found no room where the kernel counts anew', () => {
    const book = createSeenBook(2)
    for (const unlisted of [10, 15, 4]) book.take([], unlisted, NOW_MS)
    expect(book.take([], 6, NOW_MS).total.unlistedPackets).toBe(21)
  })
})
