import { wordsOf } from '../addresses/block-bits.ts'
import { findBlockFault } from '../addresses/find-block-fault.ts'
import { parseBlock } from '../addresses/parse-block.ts'
import { createByteCache } from './byte-cache.ts'

/** Reads client addresses from bytes; canonical text, or `undefined` for what is no plain address. */
export interface AddressReader {
  read(bytes: Buffer, start: number, end: number): string | undefined
}

const V4_SLOTS = 65_536
const V6_SLOTS = 8_192

/** With bounded memories, so that an address met before costs no text. */
export function createAddressReader(): AddressReader {
  const v4Keys = new Uint32Array(V4_SLOTS)
  const v4Texts: (string | undefined)[] = Array.from({ length: V4_SLOTS })
  const others = createByteCache(V6_SLOTS, 45, (bytes, start, end) =>
    findLogAddress(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')),
  )
  return {
    read(bytes, start, end) {
      const value = readV4(bytes, start, end)
      if (value < 0) return end - start > 45 ? undefined : others.get(bytes, start, end)
      const slot = (Math.imul(value, 0x9e37_79b1) >>> 16) & (V4_SLOTS - 1)
      const known = v4Texts[slot]
      if (known !== undefined && v4Keys[slot] === value) return known
      const text = textOfV4(value)
      v4Keys[slot] = value
      v4Texts[slot] = text
      return text
    },
  }
}

/**
 * The canonical address that `text` writes, by the strict grammar of `parseBlock`. IPv4 inside IPv6 (`::ffff:203.0.113.7`, what a server on a dual-stack
 * socket sees, RFC 4291 §2.5.5.2) is the IPv4 address: that is what the packets carry.
 */
export function findLogAddress(text: string): string | undefined {
  const plain = /^::ffff:(?=[0-9.]+$)/i.test(text) ? text.slice('::ffff:'.length) : text
  if (plain.includes('/') || findBlockFault(plain) !== undefined) return undefined
  const block = parseBlock(plain)
  const { family, words } = wordsOf(block)
  const isMapped = family === 6 && words[0] === 0 && words[1] === 0 && words[2] === 0xffff
  return isMapped ? textOfV4(words[3] ?? 0) : block
}

/** The 32 bits of a dotted IPv4 address without leading zeros, or -1. */
export function readV4(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 7 || end - start > 15) return -1
  let value = 0
  let octet = -1
  let dots = 0
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] as number
    if (byte === 0x2e) {
      if (octet < 0) return -1
      value = value * 256 + octet
      octet = -1
      dots += 1
      continue
    }
    const digit = byte - 0x30
    if (digit < 0 || digit > 9 || octet === 0) return -1
    octet = octet < 0 ? digit : octet * 10 + digit
    if (octet > 255) return -1
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1
}

function textOfV4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}
