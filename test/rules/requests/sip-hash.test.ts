import { describe, expect, it } from 'vitest'
import { deriveSipKey, sipHash } from '../../../rules/requests/sip-hash.ts'

/** Aumasson and Bernstein, "SipHash: a fast short-input PRF", appendix A, and the vectors of the reference implementation. */
const VECTORS: readonly (readonly [length: number, hash: string])[] = [
  [0, '726fdb47dd0e0e31'],
  [1, '74f839c593dc67fd'],
  [7, 'ab0200f58b01d137'],
  [8, '93f5f5799a932462'],
  [15, 'a129ca6149be45e5'],
]

describe('sipHash', () => {
  it.each(VECTORS)('gives the published value of %i bytes', (length, hash) => {
    const key = Int32Array.from([0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c])
    const bytes = Uint8Array.from([0xff, ...Array.from({ length }, (_, i) => i), 0xff])
    expect(hashOf(key, bytes, 1, 1 + length)).toBe(hash)
  })

  it('depends on every byte and on every word of the key', () => {
    const key = deriveSipKey(new Uint8Array(32), 'x')
    const bytes = Uint8Array.from({ length: 12 }, (_, i) => 0x30 + i)
    const hashes = [hashOf(key, bytes, 0, 12), hashOf(deriveSipKey(new Uint8Array(32), 'y'), bytes, 0, 12)]
    for (let i = 0; i < 12; i += 1) hashes.push(hashOf(key, bytes.with(i, 0x20), 0, 12))
    for (let word = 0; word < 4; word += 1) hashes.push(hashOf(key.with(word, 1), bytes, 0, 12))
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})

function hashOf(key: Int32Array, bytes: Uint8Array, start: number, end: number): string {
  const words = { high: 0, low: 0 }
  sipHash(key, new DataView(bytes.buffer), start, end, words)
  return [words.high, words.low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}
