/** How often something may happen. */
export interface Rate {
  readonly perMinute: number
  /** At once, before the rate counts. */
  readonly burst: number
}

/** Counts what accounts do, each thing of each account by itself, in bounded memory. */
export interface RateLimits {
  /**
   * Takes one request of `account` for `what`: 0 where it may pass, else the milliseconds until the next one may. What may not pass is not counted.
   */
  take(what: string, account: string, atMs: number, rate: Rate): number
  /** Accounts held, each once for each thing. */
  readonly size: number
}

/**
 * The generic cell rate algorithm (ITU-T I.371, annex A): one number for each bucket, the instant at which it will be full again. Where memory is used up, those that were
 * not asked for longest are forgotten: they may have a burst again.
 * @param maxHeld buckets held of one thing
 */
export function createRateLimits(maxHeld: number): RateLimits {
  const tables = new Map<string, Generations>()
  return {
    take(what, account, atMs, { perMinute, burst }) {
      let table = tables.get(what)
      if (table === undefined) {
        table = new Generations(Math.ceil(maxHeld / 2))
        tables.set(what, table)
      }
      const spacingMs = 60_000 / perMinute
      const depthMs = spacingMs * burst
      // A bucket cannot be emptier than empty: what says so was written before the clock was set back.
      const fullAtMs = Math.min(Math.max(table.get(account) ?? atMs, atMs), atMs + depthMs)
      const waitMs = fullAtMs + spacingMs - depthMs - atMs
      table.set(account, waitMs > 0 ? fullAtMs : fullAtMs + spacingMs)
      return Math.max(0, waitMs)
    },
    get size() {
      return [...tables.values()].reduce((sum, table) => sum + table.size, 0)
    },
  }
}

/** A map that forgets its older half when the younger one is full. */
class Generations {
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): number | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  set(key: string, value: number): void {
    if (this.#young.size >= this.#most && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }
}
