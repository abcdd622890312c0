import type { Seeded } from './seeded.ts'

/** Texts that readers disagree about, met in the field or tried on nft 1.0.6: each must be refused by the strict grammar. */
export const PARSER_DIFFERENTIALS: readonly (readonly [text: string, code: string, why: string])[] = [
  ['1.2.3.4/024', 'LENGTH_LEADING_ZERO', 'ipaddr.js reads /24, nft /20'],
  ['1.2.3.0/024', 'LENGTH_LEADING_ZERO', 'ipaddr.js reads /24, nft /20'],
  ['2001:db8::/064', 'LENGTH_LEADING_ZERO', 'nft reads /52'],
  ['010.0.0.1', 'LEADING_ZERO', 'read as 8.0.0.1'],
  ['10.0.0.010', 'LEADING_ZERO', 'read as 10.0.0.8'],
  ['1.2.3', 'OCTET_COUNT', 'ipaddr.js reads 1.2.0.3, nft refuses'],
  ['10.1', 'OCTET_COUNT', 'ipaddr.js reads 10.0.0.1, nft refuses'],
  ['134744072', 'BARE_INTEGER', 'nft reads 8.8.8.8'],
  ['0x08080808', 'HEXADECIMAL', 'nft reads 8.8.8.8'],
  ['0x8.8.8.8', 'HEXADECIMAL', 'ipaddr.js reads 8.8.8.8, nft refuses'],
  ['localhost', 'HOST_NAME', 'nft resolves names'],
  ['1.2.3.4, 5.6.7.8', 'LIST', 'nft splits it in two'],
  ['1.2.3.4,5.6.7.8', 'LIST', 'nft splits it in two'],
  ['1.2.3.4-1.2.3.9', 'RANGE', 'nft takes ranges'],
  ['1.2.3.4 - 1.2.3.9', 'RANGE', 'nft takes ranges'],
  ['2001:db8::1-2001:db8::9', 'RANGE', 'nft takes ranges'],
  ['1.2.3.4 timeout 1h', 'WHITESPACE', 'nft takes options of an element'],
  [' 1.2.3.4', 'WHITESPACE', 'nft skips spaces'],
  ['1.2.3.4 ', 'WHITESPACE', 'nft skips spaces'],
  ['1.2.3.4\r', 'WHITESPACE', 'a file from Windows'],
  ['1.2.3.4#', 'BAD_CHARACTER', 'begins a comment in nft'],
  ['$HOSTS', 'BAD_CHARACTER', 'a variable in nft'],
  ['@host4', 'BAD_CHARACTER', 'the name of a set in nft'],
  ['"1.2.3.4"', 'BAD_CHARACTER', 'nft takes strings'],
  ['{ 1.2.3.4 }', 'WHITESPACE', 'nft takes sets'],
  ['{1.2.3.4}', 'BRACKETS', 'nft takes sets'],
  ['[2001:db8::1]', 'BRACKETS', 'nft takes them'],
  ['::10.0.0.1', 'EMBEDDED_IPV4', 'ipaddr.js reads ::ffff:a00:1, nft ::a00:1'],
  ['::ffff:10.0.0.1', 'EMBEDDED_IPV4', 'nft takes it into sets of either family'],
  ['64:ff9b::8.8.8.8', 'EMBEDDED_IPV4', 'ipaddr.js reads 64:ff9b::808:808, nft refuses'],
  ['fe80::1%eth0', 'ZONE_ID', 'ipaddr.js keeps the zone, nft refuses'],
  ['2001:db8::1%1', 'ZONE_ID', 'ipaddr.js keeps the zone, nft refuses'],
  ['10.1.2.3/8', 'HOST_BITS', 'nft widens it to 10.0.0.0/8'],
  ['2001:db8::1/64', 'HOST_BITS', 'nft widens it'],
  ['1.2.3.0/255.255.255.0', 'LENGTH_NETMASK', 'a mask need not be a prefix'],
  ['１.2.3.4', 'NOT_ASCII', 'full-width digit'],
  ['1.2.3.٤', 'NOT_ASCII', 'Arabic digit'],
  ['1.2.3.4\u200b', 'NOT_ASCII', 'zero-width space'],
  ['\ufeff1.2.3.4', 'NOT_ASCII', 'byte order mark'],
]

const MUTATIONS = Array.from('0123456789abcdefABCDEFxX.:/%-,;*[]{}@"\'\\ \t\r#_gz+１')

/** A text that is an address or prefix, nearly one, or was one before it was spoilt. All kinds come up about as often. */
export function addressText(random: Seeded): string {
  const kind = random.below(10)
  if (kind < 2) return prefixed4(random)
  if (kind < 4) return prefixed6(random)
  if (kind < 5) return strange4(random)
  if (kind < 6) return random.below(3) === 0 ? pick(random, PARSER_DIFFERENTIALS)[0] : strange6(random)
  return mutate(random, random.below(2) === 0 ? prefixed4(random) : prefixed6(random))
}

function prefixed4(random: Seeded): string {
  const address = random.below(2 ** 32)
  if (random.below(3) > 0) return quad(address)
  const length = 1 + random.below(32)
  // Half with their host bits cleared: true prefixes.
  const network = random.below(2) === 0 ? address : address - (address % 2 ** (32 - length))
  return `${quad(network)}/${length}`
}

function prefixed6(random: Seeded): string {
  const groups = Array.from({ length: 8 }, () => (random.below(2) === 0 ? 0 : random.below(0x10000)))
  if (random.below(3) > 0) return spell6(random, groups)
  const length = 1 + random.below(128)
  if (random.below(3) > 0) {
    for (const [i, group] of groups.entries()) {
      const bits = Math.min(16, Math.max(0, length - 16 * i))
      groups[i] = group - (group % 2 ** (16 - bits))
    }
  }
  return `${spell6(random, groups)}/${length}`
}

/** One of the many ways to write an IPv6 address: any case, leading zeros, `::` for any run of zero groups or for none. */
function spell6(random: Seeded, groups: readonly number[]): string {
  const texts = groups.map((group) => {
    const hex = group.toString(16).padStart(random.below(3) === 0 ? 4 : 1, '0')
    return random.below(2) === 0 ? hex : hex.toUpperCase()
  })
  const zeros = groups.flatMap((group, i) => (group === 0 ? [i] : []))
  if (zeros.length === 0 || random.below(4) === 0) return texts.join(':')
  const start = pick(random, zeros)
  let end = start + 1
  while (end < 8 && groups[end] === 0 && random.below(4) > 0) end += 1
  return `${texts.slice(0, start).join(':')}::${texts.slice(end).join(':')}`
}

function strange4(random: Seeded): string {
  const parts = Array.from({ length: 1 + random.below(5) }, () => {
    const value = random.below(300)
    return pick(random, [String(value), String(value), `0${value}`, `0x${value.toString(16)}`, `0${value.toString(8)}`, ''])
  })
  return parts.join('.') + pick(random, ['', '', '/', '/024', '/33', '/+8', '/255.255.255.0', ':80', '/8/8'])
}

function strange6(random: Seeded): string {
  const parts = Array.from({ length: 1 + random.below(10) }, () =>
    random.below(3) === 0 ? '' : random.below(0x12000).toString(16),
  )
  return parts.join(':') + pick(random, ['', '', '/64', '/129', '/064', '%1', '.1', ':1.2.3.4'])
}

function mutate(random: Seeded, text: string): string {
  const at = random.below(text.length)
  const sign = pick(random, MUTATIONS)
  return pick(random, [
    text.slice(0, at) + text.slice(at + 1),
    text.slice(0, at) + sign + text.slice(at),
    text.slice(0, at) + sign + text.slice(at + 1),
  ])
}

function quad(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
}

function pick<T>(random: Seeded, values: readonly T[]): T {
  const value = values[random.below(values.length)]
  if (value === undefined) throw new Error('Cannot pick one of nothing')
  return value
}
