/**
 * A bounded memory of what short byte strings mean, so that the hot path builds no text for what it has met before.
 * Direct-mapped: each key has one slot, a newcomer replaces whoever holds it. It only saves work: `read` gives the same answer for
 * the same bytes always, and a flood of strangers costs time, never memory.
 */
export interface ByteCache<T> {
  get(bytes: Uint8Array, start: number, end: number): T
}

/** `slots` is a power of two. Keys longer than `maxKeyBytes` are read anew each time. */
export function createByteCache<T>(
  slots: number,
  maxKeyBytes: number,
  read: (bytes: Uint8Array, start: number, end: number) => T,
): ByteCache<T> {
  const keys = new Uint8Array(slots * maxKeyBytes)
  const lengths = new Uint16Array(slots)
  const values: (T | undefined)[] = Array.from({ length: slots })
  return {
    get(bytes, start, end) {
      const length = end - start
      if (length <= 0 || length > maxKeyBytes) return read(bytes, start, end)
      // FNV-1a with a final mix, so that the low bits depend on every byte.
      let hash = 0x811c9dc5
      for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
      const slot = (hash ^ (hash >>> 15)) & (slots - 1)
      const base = slot * maxKeyBytes
      if (lengths[slot] === length && isSame(keys, base, bytes, start, length)) return values[slot] as T
      const value = read(bytes, start, end)
      for (let i = 0; i < length; i += 1) keys[base + i] = bytes[start + i] as number
      lengths[slot] = length
      values[slot] = value
      return value
    },
  }
}

function isSame(keys: Uint8Array, base: number, bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (keys[base + i] !== bytes[start + i]) return false
  return true
}
