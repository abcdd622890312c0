import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { ADDRESS_ERRORS } from '../../../rules/addresses/address-error.ts'
import { bitsOf, blockOf, covers } from '../../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { findSpecialRange, SPECIAL_RANGES } from '../../../rules/addresses/special-purpose.ts'
import { createSeeded } from '../../support/seeded.ts'

describe('findSpecialRange', () => {
  it.each([
    ['0.1.2.3', 'THIS_NETWORK'],
    ['10.255.255.255', 'PRIVATE_USE'],
    ['172.16.0.1', 'PRIVATE_USE'],
    ['172.31.255.255', 'PRIVATE_USE'],
    ['192.168.1.1', 'PRIVATE_USE'],
    ['100.64.0.1', 'SHARED_ADDRESS_SPACE'],
    ['100.127.255.255', 'SHARED_ADDRESS_SPACE'],
    ['127.0.0.1', 'LOOPBACK'],
    ['169.254.169.254', 'LINK_LOCAL'],
    ['192.0.0.8', 'IETF_PROTOCOL'],
    ['192.0.2.1', 'DOCUMENTATION'],
    ['198.51.100.1', 'DOCUMENTATION'],
    ['203.0.113.1', 'DOCUMENTATION'],
    ['192.31.196.1', 'AS112'],
    ['192.52.193.1', 'AMT'],
    ['192.88.99.2', 'SIX_TO_FOUR'],
    ['192.175.48.1', 'AS112'],
    ['198.19.255.255', 'BENCHMARKING'],
    ['224.0.0.1', 'MULTICAST'],
    ['239.255.255.255', 'MULTICAST'],
    ['240.0.0.1', 'RESERVED'],
    ['255.255.255.255', 'BROADCAST'],
    ['::', 'THIS_NETWORK'],
    ['::1', 'LOOPBACK'],
    ['::808:808', 'IPV4_MAPPED'],
    ['::ffff:808:808', 'IPV4_MAPPED'],
    ['64:ff9b::808:808', 'NAT64'],
    ['64:ff9b:1::1', 'NAT64'],
    ['100::1', 'DISCARD'],
    ['100:0:0:1::1', 'DISCARD'],
    ['2001:0:808:808::', 'TEREDO'],
    ['2001:1::1', 'IETF_PROTOCOL'],
    ['2001:2::1', 'BENCHMARKING'],
    ['2001:3::1', 'AMT'],
    ['2001:4:112::1', 'AS112'],
    ['2001:1f::1', 'ORCHID'],
    ['2001:20::1', 'ORCHID'],
    ['2001:3f::1', 'ORCHID'],
    ['2001:db8::1', 'DOCUMENTATION'],
    ['2002:808:808::1', 'SIX_TO_FOUR'],
    ['2620:4f:8000::1', 'AS112'],
    ['3fff:fff::1', 'DOCUMENTATION'],
    ['5f00::1', 'SEGMENT_ROUTING'],
    ['fc00::1', 'UNIQUE_LOCAL'],
    ['fdff::1', 'UNIQUE_LOCAL'],
    ['fe80::1', 'LINK_LOCAL'],
    ['fec0::1', 'SITE_LOCAL'],
    ['ff02::1', 'MULTICAST'],
    ['1000::1', 'RESERVED'],
    ['4000::1', 'RESERVED'],
    ['e000::1', 'RESERVED'],
    ['8.0.0.0/5', 'PRIVATE_USE'],
    ['192.0.0.0/8', 'IETF_PROTOCOL'],
    ['2001::/16', 'TEREDO'],
    ['2000::/3', 'TEREDO'],
  ])('calls %s %s', (text, code) => {
    expect(findSpecialRange(parseBlock(text))?.code).toBe(code)
  })

  it.each([
    ['9.255.255.255'],
    ['11.0.0.0'],
    ['100.63.255.255'],
    ['100.128.0.0'],
    ['172.15.255.255'],
    ['172.32.0.0'],
    ['192.0.1.0'],
    ['198.17.255.255'],
    ['198.20.0.0'],
    ['203.0.112.255'],
    ['223.255.255.255'],
    ['113.160.0.0/24'],
    ['2001:200::1'],
    ['2001:db7:ffff::'],
    ['2001:db9::'],
    ['2003::1'],
    ['2405:4800::/48'],
    ['3fff:1000::'],
    ['3ffe:ffff::'],
    ['2620:4f:8001::'],
  ])('knows nothing special of %s', (text) => {
    expect(findSpecialRange(parseBlock(text))).toBeUndefined()
  })

  it('calls the first and the last address of each range of the table special, and cites an RFC', () => {
    for (const range of SPECIAL_RANGES) {
      const { family, value, length } = bitsOf(range.block)
      const width = family === 4 ? 32 : 128
      const last = value + (1n << BigInt(width - length)) - 1n
      for (const address of [value, last])
        expect(findSpecialRange(blockOf({ family, value: address, length: width }))).toBeDefined()
      expect(range.rfc).toMatch(/^RFC \d{3,4}( §[\d.A-Z]+)?$/)
      expect(ADDRESS_ERRORS[range.code]).toMatch(/^Special purpose: /)
    }
  })

  it('lets no row of the table stand behind a wider one that would hide it', () => {
    const hidden = SPECIAL_RANGES.filter((range, i) =>
      SPECIAL_RANGES.slice(0, i).some((before) => covers(before.block, range.block)),
    )
    expect(hidden).toEqual([])
  })

  it('calls special whatever ipaddr.js does not call unicast, for 20,000 seeded addresses', () => {
    const random = createSeeded(6890)
    const tops = [
      0x0064_ff9b, 0x0100_0000, 0x2001_0000, 0x2001_0db8, 0x2002_0000, 0x2620_004f, 0x3fff_0000, 0x5f00_0000, 0xfc00_0000,
      0xfe80_0000, 0xff00_0000,
    ]
    for (let i = 0; i < 20_000; i += 1) {
      const isV4 = i % 2 === 0
      const high = random.below(2) === 0 ? (tops[random.below(tops.length)] ?? 0) + random.below(4) : random.below(2 ** 32)
      const block = isV4
        ? blockOf({ family: 4, value: BigInt(random.below(2 ** 32)), length: 32 })
        : blockOf({ family: 6, value: (BigInt(high) << 96n) | BigInt(random.below(2 ** 32)), length: 128 })
      if (findSpecialRange(block) === undefined) expect([block, ipaddr.parse(block).range()]).toEqual([block, 'unicast'])
    }
  })
})
