import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, createNumberHasher, createPlainHasher, NUMBER_BYTES } from '../../../rules/requests/number-hasher.ts'
import { sipHash } from '../../../rules/requests/sip-hash.ts'

const anyWord = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

describe.each([
  ['in WebAssembly', createNumberHasher()],
  ['without', createPlainHasher()],
])('createNumberHasher, %s', (_where, hasher) => {
  it('gives what sipHash gives of ten bytes and of the first seven, under any key, wherever they stand', () => {
    fc.assert(
      fc.property(
        fc.array(anyWord, { minLength: 4, maxLength: 4 }),
        fc.uint8Array({ minLength: NUMBER_BYTES, maxLength: 30 }),
        fc.nat(20),
        (words, bytes, place) => {
          const key = Int32Array.from(words)
          const view = new DataView(bytes.buffer)
          const start = place % (bytes.length - NUMBER_BYTES + 1)
          const [expected, expectedBlock] = [NUMBER_BYTES, BLOCK_BYTES].map((length) => {
            const into = { high: 0, low: 0 }
            sipHash(key, view, start, start + length, into)
            return into
          })
          hasher.useKey(key)
          hasher.hash(view, start)
          expect([hasher.words, hasher.blockWords]).toEqual([expected, expectedBlock])
        },
      ),
      { seed: 24, numRuns: 500 },
    )
  })
})
