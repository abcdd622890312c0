/**
 * A bounded memory of what short byte strings mean, so that the hot path builds no text for what it has met before.
 * Each key has two slots side by side; a newcomer replaces one of those who hold them. It only saves work: the same bytes always mean
 * the same, and a flood of strangers costs time, never memory.
 */
export interface ByteCache<T> {
  /** What the bytes `[start, end)` of `view` mean. */
  get(view: DataView, start: number, end: number): T
  /** Looks at where they would be kept; what it gives means nothing. */
  glance(view: DataView, start: number, end: number): number
}

/** Most logs know few addresses and accounts: the memory is small at first and doubled when a quarter of its slots were fought over. */
const FIRST_SLOTS = 1024

/**
 * @param maxSlots a power of two
 * @param maxKeyBytes a multiple of four; longer keys are read anew each time
 * @param read says what the bytes `[start, end)` mean
 */
export function createByteCache<T>(
  maxSlots: number,
  maxKeyBytes: number,
  read: (view: DataView, start: number, end: number) => T,
): ByteCache<T> {
  // Length and bytes of a key side by side: one line of the processor's cache.
  const recordBytes = 4 + maxKeyBytes
  let slots = Math.min(FIRST_SLOTS, maxSlots)
  let keys = new DataView(new ArrayBuffer(slots * recordBytes))
  let values: (T | undefined)[] = Array.from({ length: slots })
  let fights = 0

  /** The slot for a newcomer, `slot` or its neighbour. */
  function makeRoom(slot: number): number {
    if (keys.getInt32(slot * recordBytes, true) === 0) return slot
    const other = slot ^ 1
    if (keys.getInt32(other * recordBytes, true) === 0) return other
    fights += 1
    return fights % 2 === 0 ? slot : other
  }

  /** Twice as many slots, and all that is known in its new place. */
  function widen(): void {
    const [formerSlots, formerKeys, formerValues] = [slots, keys, values]
    slots *= 2
    keys = new DataView(new ArrayBuffer(slots * recordBytes))
    values = Array.from({ length: slots })
    fights = 0
    for (let former = 0; former < formerSlots; former += 1) {
      const from = former * recordBytes
      const length = formerKeys.getInt32(from, true)
      if (length === 0) continue
      const slot = makeRoom(hashOf(formerKeys, from + 4, from + 4 + length) & (slots - 1))
      keep(slot, formerKeys, from + 4, length, formerValues[former] as T)
    }
    fights = 0
  }

  function keep(slot: number, view: DataView, start: number, length: number, value: T): void {
    const base = slot * recordBytes
    for (let i = 0; i < length; i += 1) keys.setUint8(base + 4 + i, view.getUint8(start + i))
    keys.setInt32(base, length, true)
    values[slot] = value
  }

  return {
    glance(view, start, end) {
      const length = end - start
      if (length <= 0 || length > maxKeyBytes) return 0
      const slot = hashOf(view, start, end) & (slots - 1)
      return keys.getInt32(slot * recordBytes, true) ^ (values[slot] === undefined ? 0 : 1)
    },
    get(view, start, end) {
      const length = end - start
      if (length <= 0 || length > maxKeyBytes) return read(view, start, end)
      const hash = hashOf(view, start, end)
      let slot = hash & (slots - 1)
      for (let way = 0; way < 2; way += 1, slot ^= 1) {
        const base = slot * recordBytes
        if (keys.getInt32(base, true) === length && isSame(keys, base + 4, view, start, length)) return values[slot] as T
      }
      const value = read(view, start, end)
      if (fights > slots >> 2 && slots < maxSlots) widen()
      slot = makeRoom(hash & (slots - 1))
      keep(slot, view, start, length, value)
      return value
    },
  }
}

/** FNV-1a over words of four bytes, with a final mix (that of MurmurHash3) so that every byte reaches the low bits. */
function hashOf(view: DataView, start: number, end: number): number {
  let hash = 0x811c_9dc5
  let i = start
  for (; i + 4 <= end; i += 4) hash = Math.imul(hash ^ view.getInt32(i, true), 0x0100_0193)
  for (; i < end; i += 1) hash = Math.imul(hash ^ view.getUint8(i), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return hash ^ (hash >>> 16)
}

/** True if `length` bytes of both are the same. */
export function isSame(one: DataView, oneStart: number, other: DataView, otherStart: number, length: number): boolean {
  let i = 0
  for (; i + 4 <= length; i += 4) if (one.getInt32(oneStart + i) !== other.getInt32(otherStart + i)) return false
  for (; i < length; i += 1) if (one.getUint8(oneStart + i) !== other.getUint8(otherStart + i)) return false
  return true
}

/** Text of its own, never a slice that would keep a whole line in memory. */
/** A few bytes as text, one character for each: `latin1` begins to pay at some thirty. */
export function shortText(view: DataView, start: number, end: number): string {
  let text = ''
  let i = start
  for (; i + 6 <= end; i += 6) {
    const high = view.getUint16(i + 4, true)
    const word = view.getInt32(i, true)
    text += String.fromCharCode(word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, word >>> 24, high & 0xff, high >> 8)
  }
  for (; i < end; i += 1) text += String.fromCharCode(view.getUint8(i))
  return text
}

/** One character for each byte. */
export function latin1(view: DataView, start: number, end: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, Math.max(0, end - start)).toString('latin1')
}
