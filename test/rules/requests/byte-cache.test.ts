import { describe, expect, it } from 'vitest'
import { createByteCache, latin1, shortText } from '../../../rules/requests/byte-cache.ts'
import { createSeeded } from '../../support/seeded.ts'

describe('createByteCache', () => {
  it('answers as the reader does, also when strangers push out the known', () => {
    const cache = createByteCache(4, 8, (view, start, end) => `<${latin1(view, start, end)}>`)
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

  it('keeps what it knows when it grows', () => {
    let asked = 0
    const cache = createByteCache(65_536, 8, () => {
      asked += 1
      return asked
    })
    const view = new DataView(new ArrayBuffer(4))
    const ask = (number: number) => {
      view.setInt32(0, number)
      return cache.get(view, 0, 4)
    }
    for (let number = 1; number <= 8_000; number += 1) ask(number)
    expect(asked).toBe(8_000)
    let known = 0
    for (let number = 1; number <= 8_000; number += 1) if (ask(number) === number) known += 1
    expect(known).toBeGreaterThan(4_000)
  })
})

describe('shortText', () => {
  it('gives one character for each byte', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const view = new DataView(bytes.buffer)
    for (let length = 0; length < 40; length += 1) {
      for (const start of [0, 100, 200]) expect(shortText(view, start, start + length)).toBe(latin1(view, start, start + length))
    }
  })
})
