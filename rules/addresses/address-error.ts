/** Why a text is not a block, or a block may not be registered. One code for each family of faults. */
export const ADDRESS_ERRORS = {
  EMPTY: 'There is nothing on the line.',
  TOO_LONG: 'The text is longer than any address could be.',
  NOT_UTF8: 'The bytes are not valid UTF-8.',
  NOT_ASCII: 'A character outside ASCII, such as a full-width digit or a no-break space.',
  CONTROL_CHARACTER: 'A control character such as NUL or escape.',
  WHITESPACE: 'A space, tab, carriage return or line feed; nothing is trimmed.',
  LIST: 'Several addresses in one text; one block a line.',
  RANGE: 'A range of two addresses; give the prefix instead.',
  BRACKETS: 'Brackets around the address.',
  PORT: 'A port after the address.',
  ZONE_ID: 'A zone id (%eth0); only global addresses are registered.',
  HEXADECIMAL: 'Hexadecimal notation (0x…) in an IPv4 address.',
  WILDCARD: 'A wildcard in place of a number.',
  BARE_INTEGER: 'A bare integer; IPv4 needs four numbers with dots.',
  HOST_NAME: 'A name; names are never resolved.',
  BAD_CHARACTER: 'A character that has no place in an address.',
  EMPTY_OCTET: 'Two dots in a row, or a dot at an end.',
  OCTET_COUNT: 'An IPv4 address has exactly four numbers.',
  LEADING_ZERO: 'A leading zero, which other readers take for octal.',
  OCTET_OUT_OF_RANGE: 'A number of an IPv4 address is above 255.',
  EMBEDDED_IPV4: 'A dotted IPv4 address inside an IPv6 address.',
  STRAY_COLON: 'A single colon at an end of an IPv6 address.',
  SEVERAL_GAPS: 'More than one :: in an IPv6 address.',
  GROUP_TOO_LONG: 'A group of an IPv6 address has more than four digits.',
  GROUP_COUNT: 'An IPv6 address has eight groups, or fewer and one ::.',
  LENGTH_MISSING: 'A slash with no prefix length after it.',
  LENGTH_TWICE: 'More than one slash.',
  LENGTH_NETMASK: 'A netmask after the slash; give the prefix length in bits.',
  LENGTH_NOT_DECIMAL: 'The prefix length is not a decimal number.',
  LENGTH_LEADING_ZERO: 'The prefix length has a leading zero, which other readers take for octal.',
  LENGTH_OUT_OF_RANGE: 'The prefix length is above 32 (IPv4) or 128 (IPv6).',
  HOST_BITS: 'Bits are set after the prefix length; nothing is widened or narrowed.',
  ADDRESS_OUT_OF_RANGE: 'A number that no address of its family has.',
  NOT_CANONICAL: 'A block that is not in the one canonical form.',
  WHOLE_INTERNET: 'The block is all of IPv4 or IPv6 (/0).',
  TOO_WIDE: 'The block is wider than the policy allows.',
  THIS_NETWORK: 'Special purpose: this network or an unspecified address.',
  PRIVATE_USE: 'Special purpose: private use.',
  SHARED_ADDRESS_SPACE: "Special purpose: shared address space behind a carrier's NAT (CGNAT).",
  LOOPBACK: 'Special purpose: loopback.',
  LINK_LOCAL: 'Special purpose: link-local.',
  SITE_LOCAL: 'Special purpose: site-local, deprecated.',
  UNIQUE_LOCAL: 'Special purpose: unique-local, the private use of IPv6.',
  IETF_PROTOCOL: 'Special purpose: protocol assignments of the IETF.',
  DOCUMENTATION: 'Special purpose: documentation.',
  BENCHMARKING: 'Special purpose: benchmarking.',
  MULTICAST: 'Special purpose: multicast.',
  BROADCAST: 'Special purpose: limited broadcast.',
  RESERVED: 'Special purpose: reserved, nobody holds it.',
  AS112: 'Special purpose: anycast sink of reverse DNS (AS112).',
  AMT: 'Special purpose: anycast relays of automatic multicast tunnelling.',
  DISCARD: 'Special purpose: discard or dummy prefix.',
  SIX_TO_FOUR: 'Special purpose: 6to4 tunnel or its relay anycast, deprecated.',
  TEREDO: 'Special purpose: Teredo tunnel.',
  IPV4_MAPPED: 'Special purpose: IPv4 inside IPv6 (mapped or compatible).',
  NAT64: 'Special purpose: translation between IPv4 and IPv6 (NAT64).',
  ORCHID: 'Special purpose: cryptographic identifiers (ORCHID) or drone identifiers.',
  SEGMENT_ROUTING: 'Special purpose: segment routing identifiers.',
} as const

export type AddressErrorCode = keyof typeof ADDRESS_ERRORS

/** A text that is no block, or a block that may not be registered. Callers branch on `code`, never on `message`. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
  readonly code: AddressErrorCode
  constructor(code: AddressErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** `text` in quotes, escaped and cut, fit for a message. */
export function quoteText(text: string): string {
  return text.length <= 64 ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, 64))}… (${text.length} characters)`
}
