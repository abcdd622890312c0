import { createByteCache, latin1 } from './byte-cache.ts'
import { findLogAddress } from './read-log-address.ts'

/** `::ffff:` and a dotted address, or eight full groups, with room to spare. */
const MAX_ADDRESS_BYTES = 48
/** Small at first, and doubled when a quarter of the slots were fought over, up to the addresses of all facilities several times over. */
const FIRST_SLOTS = 1024
const MAX_SLOTS = 131_072
/** `.` as a digit would count it. */
const DOT = 0x2e - 0x30

/** The two addresses that somebody used last, as 32 bits (0: none) and as text. */
export interface AddressMemory {
  address: number
  addressText: string
  olderAddress: number
  olderText: string
}

export function noAddresses(): AddressMemory {
  return { address: 0, addressText: '', olderAddress: 0, olderText: '' }
}

export interface AddressCache {
  /** The address that fills `[start, end)`, which `readV4` read as `address`; looked for in `memory` first. */
  get(address: number, view: DataView, start: number, end: number, memory?: AddressMemory): string | undefined
}

/**
 * What `findLogAddress` says of an address written in a line, in the same text object each time. Dotted IPv4 is read as the 32 bits that it
 * is, so that the memory of all of them fits into the processor's cache.
 */
export function createAddressCache(): AddressCache {
  const others = createByteCache(8_192, MAX_ADDRESS_BYTES, (view, start, end) => findLogAddress(latin1(view, start, end)))
  let slots = FIRST_SLOTS
  let keys = new Int32Array(slots)
  let texts: (string | undefined)[] = Array.from({ length: slots })
  let fights = 0

  function widen(): void {
    slots *= 2
    keys = new Int32Array(slots)
    texts = Array.from({ length: slots })
    fights = 0
  }

  function learn(address: number, text: string): void {
    if (fights > slots >> 2 && slots < MAX_SLOTS) widen()
    const slot = slotOf(address, slots)
    const isFought = keys[slot] !== 0 && keys[slot ^ 1] !== 0
    if (isFought) fights += 1
    const taken = keys[slot] === 0 || (isFought && fights % 2 === 0) ? slot : slot ^ 1
    keys[taken] = address
    texts[taken] = text
  }

  function textOf(address: number, view: DataView, start: number, end: number): string {
    const slot = slotOf(address, slots)
    const known = keys[slot] === address ? texts[slot] : keys[slot ^ 1] === address ? texts[slot ^ 1] : undefined
    if (known !== undefined) return known
    const text = latin1(view, start, end)
    learn(address, text)
    return text
  }

  return {
    get(address, view, start, end, memory) {
      if (address === 0) return end - start > MAX_ADDRESS_BYTES ? undefined : others.get(view, start, end)
      if (memory === undefined) return textOf(address, view, start, end)
      if (memory.address === address) return memory.addressText
      if (memory.olderAddress === address) return memory.olderText
      const text = textOf(address, view, start, end)
      memory.olderAddress = memory.address
      memory.olderText = memory.addressText
      memory.address = address
      memory.addressText = text
      return text
    },
  }
}

/** Multiplicative hashing (Knuth, "The Art of Computer Programming", §6.4): the high bits are the good ones. */
function slotOf(address: number, slots: number): number {
  return (Math.imul(address, 0x9e37_79b1) >>> 15) & (slots - 1)
}

/** The 32 bits of a dotted IPv4 address without leading zeros, as a number of either sign; 0 for `0.0.0.0` and for anything else. */
export function readV4(view: DataView, start: number, end: number): number {
  if (end - start < 7 || end - start > 15) return 0
  let value = 0
  let octet = -1
  let dots = 0
  for (let i = start; i < end; i += 1) {
    const digit = view.getUint8(i) - 0x30
    if (digit >= 0 && digit <= 9 && octet !== 0) {
      octet = octet < 0 ? digit : octet * 10 + digit
      if (octet > 255) return 0
    } else if (digit === DOT && octet >= 0 && dots < 3) {
      value = (value << 8) | octet
      octet = -1
      dots += 1
    } else return 0
  }
  return dots === 3 && octet >= 0 ? (value << 8) | octet : 0
}
