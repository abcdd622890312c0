import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressCache, noAddresses, readV4 } from '../../../rules/requests/address-cache.ts'
import { findLogAddress } from '../../../rules/requests/read-log-address.ts'

const octet = fc.oneof(fc.nat(300).map(String), fc.constantFrom('00', '01', '', ' 1', '255', '256', '0'))
const dotted = fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.'))
const other = fc.oneof(
  fc.ipV6(),
  fc.ipV4().map((it) => `::ffff:${it}`),
  fc.string({ maxLength: 50 }),
  fc.constantFrom('', '-', '::', 'unix:', '0.0.0.0', '255.255.255.255', '1.2.3.4/32'),
)

describe('createAddressCache', () => {
  it('says of any text what findLogAddress says, the first time and again', () => {
    const cache = createAddressCache()
    const memory = noAddresses()
    fc.assert(
      fc.property(fc.oneof(dotted, fc.ipV4(), other), (text) => {
        const bytes = Buffer.from(`"${text}"`, 'latin1')
        const expected = findLogAddress(bytes.toString('latin1', 1, bytes.length - 1))
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        for (let time = 0; time < 2; time += 1) {
          expect(cache.get(readV4(view, 1, bytes.length - 1), view, 1, bytes.length - 1)).toBe(expected)
          expect(cache.get(readV4(view, 1, bytes.length - 1), view, 1, bytes.length - 1, memory)).toBe(expected)
        }
      }),
      { seed: 4, numRuns: 3_000 },
    )
  })

  it('tells more addresses apart than it can hold', () => {
    const cache = createAddressCache()
    for (let i = 0; i < 150_000; i += 1) {
      const text = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
      const bytes = Buffer.from(text)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      if (cache.get(readV4(view, 0, bytes.length), view, 0, bytes.length) !== text) expect(text).toBe('')
    }
  })
})

describe('readV4', () => {
  it('gives the 32 bits', () => {
    const bytes = Buffer.from('200.0.2.255')
    expect(readV4(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length) >>> 0).toBe(0xc80002ff)
  })
})
