import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { skipPath, skipPlain, skipValue } from '../../../rules/requests/skip-bytes.ts'

describe.each([
  ['skipPlain', skipPlain, (byte: number) => byte < 0x20 || byte >= 0x80 || byte === 0x22 || byte === 0x5c],
  ['skipValue', skipValue, (byte: number) => byte === 0x26 || byte === 0x23],
  ['skipPath', skipPath, (byte: number) => byte === 0x3f || byte === 0x23],
])('%s', (_name, skip, isStop) => {
  it('stops at the first such byte, as a plain loop does, from any place to any end', () => {
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0x1f, 0x20, 0x21, 0x22, 0x23, 0x25, 0x26, 0x27, 0x3e, 0x3f, 0x40, 0x5b, 0x5c, 0x5d, 0x7f, 0x80),
      fc.constant(0x61),
      fc.constant(0x61),
    )
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), fc.nat(8), fc.nat(8), (bytes, start, cut) => {
        const end = Math.max(start, bytes.length - cut)
        if (end > bytes.length) return
        const view = new DataView(Uint8Array.from([0x22, 0x26, ...bytes]).buffer, 2)
        const found = bytes.findIndex((it, i) => i >= start && i < end && isStop(it))
        expect(skip(view, start, end)).toBe(found === -1 ? end : found)
      }),
      { seed: 7, numRuns: 2_000 },
    )
  })

  it('stops at each byte value just where it should', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const view = new DataView(Uint8Array.from([0x61, 0x61, byte, 0x61, 0x61]).buffer)
      expect(skip(view, 0, 5)).toBe(isStop(byte) ? 2 : 5)
    }
  })
})
