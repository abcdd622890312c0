/** Numbers that look random and are the same for the same seed. */
export interface SampleRandom {
  /** At least 0, below 1. */
  share(): number
  /** A whole number, at least 0, below `limit`. */
  below(limit: number): number
  /** Log-normal with this median and σ of the logarithm. */
  logNormal(median: number, sigma: number): number
}

/** mulberry32: 32 bits of state are plenty for made-up data, and nothing here is a secret. */
export function createSampleRandom(seed: number): SampleRandom {
  let state = seed >>> 0
  const share = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    share,
    below: (limit) => Math.floor(share() * limit),
    logNormal(median, sigma) {
      // Box–Muller; 1 - share() is never 0.
      const normal = Math.sqrt(-2 * Math.log(1 - share())) * Math.cos(2 * Math.PI * share())
      return median * Math.exp(sigma * normal)
    },
  }
}
