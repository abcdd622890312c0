/** Numbers that look random and come again with the same seed. */
export interface Seeded {
  /** A whole number, 0 ≤ n < `limit`. */
  below(limit: number): number
  /** `count` decimal digits. */
  digits(count: number): string
}

/** mulberry32: 32 bits of state, plenty for choosing test moments and made-up identifiers. */
export function createSeeded(seed: number): Seeded {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return { below, digits: (count) => Array.from({ length: count }, () => below(10)).join('') }
}
