import type { AddressErrorCode } from './address-error.ts'
import type { Block } from './block.ts'
import { wordsOf } from './block-bits.ts'
import { type BlockWords, wordsCover } from './block-words.ts'
import { parseBlock } from './parse-block.ts'

/** A range that is nobody's ordinary address. */
export interface SpecialRange {
  readonly block: Block
  readonly name: string
  /** Where the range is set aside, with its section where there is one. */
  readonly rfc: string
  readonly code: AddressErrorCode
}

/**
 * The IANA special-purpose address registries (RFC 6890, RFC 8190 and later entries), the multicast and reserved ranges, and the deprecated ones.
 * In a family, a narrower range stands before a wider one that covers it.
 */
const TABLE: readonly (readonly [block: string, code: AddressErrorCode, rfc: string, name: string])[] = [
  ['0.0.0.0/8', 'THIS_NETWORK', 'RFC 791 §3.2', 'this network'],
  ['10.0.0.0/8', 'PRIVATE_USE', 'RFC 1918 §3', 'private use'],
  ['100.64.0.0/10', 'SHARED_ADDRESS_SPACE', 'RFC 6598 §7', 'shared address space (CGNAT)'],
  ['127.0.0.0/8', 'LOOPBACK', 'RFC 1122 §3.2.1.3', 'loopback'],
  ['169.254.0.0/16', 'LINK_LOCAL', 'RFC 3927 §2.1', 'link-local'],
  ['172.16.0.0/12', 'PRIVATE_USE', 'RFC 1918 §3', 'private use'],
  ['192.0.0.0/24', 'IETF_PROTOCOL', 'RFC 6890 §2.1', 'IETF protocol assignments'],
  ['192.0.2.0/24', 'DOCUMENTATION', 'RFC 5737 §3', 'documentation (TEST-NET-1)'],
  ['192.31.196.0/24', 'AS112', 'RFC 7535 §3.1', 'AS112'],
  ['192.52.193.0/24', 'AMT', 'RFC 7450 §7', 'automatic multicast tunnelling'],
  ['192.88.99.0/24', 'SIX_TO_FOUR', 'RFC 7526 §6', '6to4 relay anycast, deprecated'],
  ['192.168.0.0/16', 'PRIVATE_USE', 'RFC 1918 §3', 'private use'],
  ['192.175.48.0/24', 'AS112', 'RFC 7534 §6', 'direct delegation AS112'],
  ['198.18.0.0/15', 'BENCHMARKING', 'RFC 2544 §C.2.2', 'benchmarking'],
  ['198.51.100.0/24', 'DOCUMENTATION', 'RFC 5737 §3', 'documentation (TEST-NET-2)'],
  ['203.0.113.0/24', 'DOCUMENTATION', 'RFC 5737 §3', 'documentation (TEST-NET-3)'],
  ['224.0.0.0/4', 'MULTICAST', 'RFC 5771 §3', 'multicast'],
  ['255.255.255.255/32', 'BROADCAST', 'RFC 8190 §2.3', 'limited broadcast'],
  ['240.0.0.0/4', 'RESERVED', 'RFC 1112 §4', 'reserved'],

  ['::/128', 'THIS_NETWORK', 'RFC 4291 §2.5.2', 'unspecified address'],
  ['::1/128', 'LOOPBACK', 'RFC 4291 §2.5.3', 'loopback'],
  ['::ffff:0:0/96', 'IPV4_MAPPED', 'RFC 4291 §2.5.5.2', 'IPv4-mapped'],
  ['::/96', 'IPV4_MAPPED', 'RFC 4291 §2.5.5.1', 'IPv4-compatible, deprecated'],
  ['64:ff9b::/96', 'NAT64', 'RFC 6052 §2.1', 'IPv4-IPv6 translation'],
  ['64:ff9b:1::/48', 'NAT64', 'RFC 8215 §3', 'local IPv4-IPv6 translation'],
  ['100::/64', 'DISCARD', 'RFC 6666 §4', 'discard only'],
  ['100:0:0:1::/64', 'DISCARD', 'RFC 9780 §3', 'dummy prefix'],
  ['2001::/32', 'TEREDO', 'RFC 4380 §2.6', 'Teredo'],
  ['2001:2::/48', 'BENCHMARKING', 'RFC 5180 §8', 'benchmarking'],
  ['2001:3::/32', 'AMT', 'RFC 7450 §7', 'automatic multicast tunnelling'],
  ['2001:4:112::/48', 'AS112', 'RFC 7535 §3.1', 'AS112'],
  ['2001:10::/28', 'ORCHID', 'RFC 4843 §4', 'ORCHID, deprecated'],
  ['2001:20::/28', 'ORCHID', 'RFC 7343 §4', 'ORCHIDv2'],
  ['2001:30::/28', 'ORCHID', 'RFC 9374 §8.1', 'drone remote identification'],
  ['2001::/23', 'IETF_PROTOCOL', 'RFC 2928', 'IETF protocol assignments'],
  ['2001:db8::/32', 'DOCUMENTATION', 'RFC 3849 §4', 'documentation'],
  ['2002::/16', 'SIX_TO_FOUR', 'RFC 3056 §2', '6to4'],
  ['2620:4f:8000::/48', 'AS112', 'RFC 7534 §6', 'direct delegation AS112'],
  ['3fff::/20', 'DOCUMENTATION', 'RFC 9637 §3', 'documentation'],
  ['5f00::/16', 'SEGMENT_ROUTING', 'RFC 9602 §5', 'segment routing (SRv6) identifiers'],
  ['fc00::/7', 'UNIQUE_LOCAL', 'RFC 4193 §3.1', 'unique-local'],
  ['fe80::/10', 'LINK_LOCAL', 'RFC 4291 §2.5.6', 'link-local'],
  ['fec0::/10', 'SITE_LOCAL', 'RFC 3879 §4', 'site-local, deprecated'],
  ['ff00::/8', 'MULTICAST', 'RFC 4291 §2.7', 'multicast'],
  // IANA assigns global unicast out of 2000::/3 only; the three ranges are the rest.
  ['::/3', 'RESERVED', 'RFC 4291 §2.4', 'reserved, outside 2000::/3'],
  ['4000::/2', 'RESERVED', 'RFC 4291 §2.4', 'reserved, outside 2000::/3'],
  ['8000::/1', 'RESERVED', 'RFC 4291 §2.4', 'reserved, outside 2000::/3'],
]

/** The table, parsed. */
export const SPECIAL_RANGES: readonly SpecialRange[] = TABLE.map(([text, code, rfc, name]) => ({
  block: parseBlock(text),
  name,
  rfc,
  code,
}))

const RANGE_WORDS: readonly BlockWords[] = SPECIAL_RANGES.map((range) => wordsOf(range.block))

/** The special range that covers `block`, else the first that lies inside it, else `undefined`. */
export function findSpecialRange(block: Block): SpecialRange | undefined {
  const words = wordsOf(block)
  const covering = RANGE_WORDS.findIndex((range) => wordsCover(range, words))
  return SPECIAL_RANGES[covering >= 0 ? covering : RANGE_WORDS.findIndex((range) => wordsCover(words, range))]
}
