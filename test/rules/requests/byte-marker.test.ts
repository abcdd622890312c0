import { describe, expect, it } from 'vitest'
import { createByteMarker, WINDOW_BYTES } from '../../../rules/requests/byte-marker.ts'
import { createSeeded } from '../../support/seeded.ts'

function isStop(byte: number): boolean {
  return byte < 0x20 || byte >= 0x80 || '"#%&+=?\\'.includes(String.fromCharCode(byte))
}

describe('createByteMarker', () => {
  const marker = createByteMarker()
  const isMarked = (at: number) => (((marker?.marks[at >> 5] ?? 0) >>> (at & 31)) & 1) === 1

  it('marks each byte value that a walk has to stop at, and no other', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    expect(marker?.mark(bytes, 0)).toBe(256)
    for (let byte = 0; byte < 256; byte += 1) expect([byte, isMarked(byte)]).toEqual([byte, isStop(byte)])
  })

  it('marks any bytes from any place on, and nothing of the window before', () => {
    const seeded = createSeeded(16)
    for (let round = 0; round < 200; round += 1) {
      const bytes = Uint8Array.from({ length: 1 + seeded.below(100) }, () => seeded.below(256))
      const start = seeded.below(bytes.length)
      expect(marker?.mark(bytes, start)).toBe(bytes.length)
      for (let at = start; at < bytes.length; at += 1) expect(isMarked(at - start)).toBe(isStop(bytes[at] ?? 0))
    }
  })

  it('marks a long chunk window by window', () => {
    const bytes = new Uint8Array(WINDOW_BYTES + 10).fill(0x61)
    bytes[WINDOW_BYTES - 1] = 0x22
    bytes[WINDOW_BYTES + 3] = 0x22
    expect(marker?.mark(bytes, 0)).toBe(WINDOW_BYTES)
    expect([isMarked(WINDOW_BYTES - 2), isMarked(WINDOW_BYTES - 1)]).toEqual([false, true])
    expect(marker?.mark(bytes, WINDOW_BYTES)).toBe(bytes.length)
    expect([isMarked(2), isMarked(3)]).toEqual([false, true])
  })
})
