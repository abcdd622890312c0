/** Group `index` (0–7) of an IPv6 address in four words. */
export function groupOf(words: Uint32Array, index: number): number {
  const word = words[index >>> 1] ?? 0
  return index % 2 === 0 ? word >>> 16 : word & 0xffff
}

/**
 * Where `::` stands by RFC 5952 §4.2: the first of the longest runs of two zero groups or more, as `16 * position + length`; 0 where there is none.
 * One number instead of two, because it is asked for each of a million addresses.
 */
export function zeroRunOf(words: Uint32Array): number {
  let best = 0
  let bestLength = 1
  for (let index = 0; index < 8; index += 1) {
    let length = 0
    while (index + length < 8 && groupOf(words, index + length) === 0) length += 1
    if (length > bestLength) {
      best = 16 * index + length
      bestLength = length
    }
    index += length
  }
  return best
}
