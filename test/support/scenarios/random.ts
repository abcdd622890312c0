import { createSeeded } from '../seeded.ts'

/** A seeded source of numbers: the same seed gives the same numbers on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number in [low, high]. */
  whole(low: number, high: number): number
  /** Of the normal distribution with mean 0 and deviation 1. */
  normal(): number
  /** How many rare events happen where `mean` are expected. */
  poisson(mean: number): number
  pick<T>(items: readonly T[]): T
}

/** `createSeeded` with the distributions that made-up traffic needs. */
export function createRandom(seed: number): Random {
  const seeded = createSeeded(seed)
  function next(): number {
    return seeded.below(0x1_0000_0000) / 0x1_0000_0000
  }
  function normal(): number {
    return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  }
  return {
    next,
    normal,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    poisson(mean) {
      if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
      const floor = Math.exp(-mean)
      let events = 0
      for (let product = next(); product > floor; product *= next()) events++
      return events
    },
    pick<T>(items: readonly T[]): T {
      return items[Math.floor(next() * items.length)] as T
    },
  }
}
