import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AddressError } from '../../../rules/addresses/address-error.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { findLogAddress, readV4 } from '../../../rules/requests/read-log-address.ts'

describe('readV4', () => {
  it('reads just what the strict grammar reads as an IPv4 address', () => {
    const octet = fc.oneof(
      fc.nat(300).map(String),
      fc.constantFrom('', '0', '00', '07', '255', '256', 'a', '-1', ' 1', '1e1', '999'),
    )
    const text = fc.oneof(
      fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.')),
      fc.array(octet, { maxLength: 6 }).map((octets) => octets.join('.')),
      fc.ipV4(),
      fc.string({ maxLength: 16 }),
    )
    fc.assert(
      fc.property(text, (it) => {
        const canonical = canonicalOf(it)
        const value = readV4(it)
        expect(value >= 0).toBe(canonical !== undefined && !canonical.includes(':'))
        if (value >= 0) expect(findLogAddress(it)).toBe(canonical)
      }),
      { seed: 11, numRuns: 4_000 },
    )
  })
})

describe('findLogAddress', () => {
  it('reads IPv6 as parseBlock does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (it) => {
        if (it.includes('.')) return
        expect(findLogAddress(it)).toBe(canonicalOf(it))
      }),
      { seed: 12, numRuns: 500 },
    )
  })

  it.each([
    ['::ffff:203.0.113.7', '203.0.113.7', 'dotted'],
    ['::FFFF:cb00:7107', '203.0.113.7', 'hexadecimal'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7', 'in full'],
  ])('takes %s for the IPv4 address it holds: %s, %s', (text, address) => {
    expect(findLogAddress(text)).toBe(address)
  })

  it.each(['', '::ffff:', '::ffff:1.2.3', '::ffff:1.2.3.04', '::1.2.3.4', '1.2.3.4/32', '::1/128', '1.2.3.4 '])(
    'refuses %j',
    (text) => {
      expect(findLogAddress(text)).toBeUndefined()
    },
  )
})

/** What the grammar of the lists makes of an address without prefix length. */
function canonicalOf(text: string): string | undefined {
  try {
    return text.includes('/') ? undefined : parseBlock(text)
  } catch (error) {
    if (error instanceof AddressError) return undefined
    throw error
  }
}
