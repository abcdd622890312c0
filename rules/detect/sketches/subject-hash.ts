/**
 * 64 bits of a person's keyed hash as two 32-bit integers of either sign, so that they stay small integers. One object serves every
 * line: a parser that can fill it from the bytes of the line needs no text of the subject at all.
 */
export interface SubjectHash {
  high: number
  low: number
}

/**
 * Reads what `hashSubject` gives (hexadecimal or base64url text) into `into`, without garbage. Every character counts, so that hashes
 * of a proxy that vary in a few places only spread as well. The text is a keyed hash already: nobody outside can aim at a collision.
 */
export function readSubjectHash(subject: string, into: SubjectHash): void {
  let high = 0x9e3779b9
  let low = 0x85ebca6b
  const even = subject.length & ~1
  for (let at = 0; at < even; at += 2) {
    const pair = subject.charCodeAt(at) | (subject.charCodeAt(at + 1) << 16)
    high = Math.imul(high ^ pair, 0x5f356495)
    low = Math.imul(low ^ pair, 0x2c1b3c6d)
    high ^= high >>> 15
    low ^= low >>> 13
  }
  if (even < subject.length) {
    high = Math.imul(high ^ subject.charCodeAt(even), 0x5f356495)
    low = Math.imul(low ^ subject.charCodeAt(even), 0x2c1b3c6d)
  }
  into.high = mixed(high ^ Math.imul(low, 0x297a2d39))
  into.low = mixed(low ^ Math.imul(into.high, 0x1b56c4e9))
}

/** Reads 64 bits as if their 16 hexadecimal digits had been given to `readSubjectHash`. */
export function subjectHashOfWords(words: { readonly high: number; readonly low: number }, into: SubjectHash): void {
  let high = 0x9e3779b9
  let low = 0x85ebca6b
  for (let digits = 0; digits < 16; digits += 2) {
    const byte = (digits < 8 ? words.high : words.low) >>> (24 - 4 * (digits & 7))
    const pair = digitOf(byte >>> 4) | (digitOf(byte) << 16)
    high = Math.imul(high ^ pair, 0x5f356495)
    low = Math.imul(low ^ pair, 0x2c1b3c6d)
    high ^= high >>> 15
    low ^= low >>> 13
  }
  into.high = mixed(high ^ Math.imul(low, 0x297a2d39))
  into.low = mixed(low ^ Math.imul(into.high, 0x1b56c4e9))
}

/** The character code of the low four bits as a hexadecimal digit. */
function digitOf(bits: number): number {
  const digit = bits & 15
  return digit < 10 ? 0x30 + digit : 0x57 + digit
}

/** The finaliser of MurmurHash3, 32 bits: each bit of the result depends on each bit given. */
export function mixed(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
