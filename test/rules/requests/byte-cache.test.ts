import { describe, expect, it } from 'vitest'
import { createByteCache } from '../../../rules/requests/byte-cache.ts'
import { createSeeded } from '../../support/seeded.ts'

describe('createByteCache', () => {
  it('answers as the reader does, also when strangers push out the known', () => {
    const cache = createByteCache(4, 8, (text) => `<${text}>`)
    const seeded = createSeeded(5)
    for (let i = 0; i < 5_000; i += 1) {
      const text = seeded.digits(seeded.below(12))
      const view = new DataView(Uint8Array.from(Buffer.from(`x${text}y`)).buffer)
      expect(cache.get(view, 1, 1 + text.length)).toBe(`<${text}>`)
    }
  })

  it('asks the reader once for what it holds', () => {
    let asked = 0
    const cache = createByteCache(16, 8, () => {
      asked += 1
      return undefined
    })
    const view = new DataView(Uint8Array.from([1, 2, 3, 4, 5]).buffer)
    for (let i = 0; i < 3; i += 1) cache.get(view, 0, 5)
    expect(asked).toBe(1)
  })
})
