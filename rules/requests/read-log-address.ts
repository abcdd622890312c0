import { wordsOf } from '../addresses/block-bits.ts'
import { findBlockFault } from '../addresses/find-block-fault.ts'
import { parseBlock } from '../addresses/parse-block.ts'

/** `.` as a digit would count it. */
const DOT = 0x2e - 0x30

/**
 * The canonical address that `text` writes, by the strict grammar of `parseBlock`. IPv4 inside IPv6 (`::ffff:203.0.113.7`, what a server on a dual-stack
 * socket sees, RFC 4291 §2.5.5.2) is the IPv4 address: that is what the packets carry.
 */
export function findLogAddress(text: string): string | undefined {
  const v4 = readV4(text)
  if (v4 >= 0) return textOfV4(v4)
  const plain = /^::ffff:(?=[0-9.]+$)/i.test(text) ? text.slice('::ffff:'.length) : text
  if (plain.includes('/') || findBlockFault(plain) !== undefined) return undefined
  const block = parseBlock(plain)
  const { family, words } = wordsOf(block)
  const isMapped = family === 6 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff
  return isMapped ? textOfV4(words[3] ?? 0) : block
}

/** The 32 bits of a dotted IPv4 address without leading zeros, or -1. The quick way for most lines; agrees with `parseBlock`. */
export function readV4(text: string): number {
  if (text.length < 7 || text.length > 15) return -1
  let value = 0
  let octet = -1
  let dots = 0
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit >= 0 && digit <= 9 && octet !== 0) {
      octet = octet < 0 ? digit : octet * 10 + digit
      if (octet > 255) return -1
    } else if (digit === DOT && octet >= 0 && dots < 3) {
      value = value * 256 + octet
      octet = -1
      dots += 1
    } else return -1
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1
}

function textOfV4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}
