/**
 * Walks over the long dull stretches of a line, four bytes at a step: most of an access log is tokens that nobody reads.
 * A word `x` holds a zero byte if and only if `(x - 0x01010101) & ~x & 0x80808080` is not zero (H. S. Warren, "Hacker's Delight", §6-1).
 */

const ONES = 0x0101_0101
const HIGHS = 0x8080_8080
const SPACES = 0x2020_2020
const QUOTES = 0x2222_2222
const HASHES = 0x2323_2323
const AMPERSANDS = 0x2626_2626
const QUESTIONS = 0x3f3f_3f3f
const BACKSLASHES = 0x5c5c_5c5c

/** Bytes that stand for themselves inside a JSON string: ASCII but control characters, `"` and `\`. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
)

/** The first place from `start` on that is not plain, or `end`. */
export function skipPlain(view: DataView, start: number, end: number): number {
  let i = start
  for (const last = end - 4; i <= last; i += 4) {
    const word = view.getInt32(i, true)
    const quote = word ^ QUOTES
    const backslash = word ^ BACKSLASHES
    const found = ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | (word - SPACES) | word
    if ((found & HIGHS) !== 0) break
  }
  while (i < end && PLAIN[view.getUint8(i)] === 1) i += 1
  return i
}

/** The first `&` or `#` from `start` on, or `end`. */
export function skipValue(view: DataView, start: number, end: number): number {
  return skipTo(view, start, end, AMPERSANDS, HASHES)
}

/** The first `?` or `#` from `start` on, or `end`. */
export function skipPath(view: DataView, start: number, end: number): number {
  return skipTo(view, start, end, QUESTIONS, HASHES)
}

/** The first of two bytes, each given four times over in a word. */
function skipTo(view: DataView, start: number, end: number, firsts: number, seconds: number): number {
  let i = start
  for (const last = end - 4; i <= last; i += 4) {
    const word = view.getInt32(i, true)
    const first = word ^ firsts
    const second = word ^ seconds
    const found = ((first - ONES) & ~first) | ((second - ONES) & ~second)
    if ((found & HIGHS) !== 0) break
  }
  for (; i < end; i += 1) {
    const byte = view.getUint8(i)
    if (byte === (firsts & 0xff) || byte === (seconds & 0xff)) break
  }
  return i
}
