import ipaddr from 'ipaddr.js'
import { ADDRESS_ERRORS, AddressError, type AddressErrorCode, quoteText } from './address-error.ts'
import type { Block } from './block.ts'
import { type BlockWords, hasHostBits, textOfWords } from './block-words.ts'
import { findBlockFault } from './find-block-fault.ts'

/**
 * Takes one address or prefix as a person writes it and gives the one canonical form. The grammar is ours and strict, the bytes come from
 * ipaddr.js, the text is written again from the bytes: nothing of `text` is passed on. IPv6 is read by RFC 4291 §2.2 (forms 1 and 2, any case)
 * and written by RFC 5952; `/32` and `/128` are taken and left out. Whether such a block may be registered is for `judgeBlock` to say.
 * @throws AddressError
 */
export function parseBlock(text: string): Block {
  const fault = findBlockFault(text)
  if (fault !== undefined) throw faultOf(fault, text)
  const [address = '', length] = text.split('/')
  const words = address.includes(':') ? readV6(address, length) : readV4(address, length)
  // v4 keeps its address in the highest word, so that bit 0 is the first bit in both families.
  if (hasHostBits(words.words, words.length)) throw faultOf('HOST_BITS', text)
  return textOfWords(words)
}

function readV4(address: string, length: string | undefined): BlockWords {
  const words = new Uint32Array(4)
  words[0] = wordOf(ipaddr.IPv4.parse(address).toByteArray(), 0)
  return { family: 4, words, length: length === undefined ? 32 : Number(length) }
}

function readV6(address: string, length: string | undefined): BlockWords {
  const bytes = ipaddr.IPv6.parse(address).toByteArray()
  return {
    family: 6,
    words: Uint32Array.from([0, 4, 8, 12], (at) => wordOf(bytes, at)),
    length: length === undefined ? 128 : Number(length),
  }
}

function wordOf(bytes: readonly number[], at: number): number {
  return bytes.slice(at, at + 4).reduce((word, byte) => word * 256 + byte, 0)
}

function faultOf(code: AddressErrorCode, text: string): AddressError {
  return new AddressError(code, `Cannot take ${quoteText(text)} as a block: ${ADDRESS_ERRORS[code]}`)
}
