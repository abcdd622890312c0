/** Keeps a sender to what its provider allows. */
export interface Pace {
  /** Waits for the next turn: turns are spread evenly, so that no second has more of them than allowed. */
  turn(): Promise<void>
  /** Lets no turn come for so long: the gateway said that it was too fast. */
  pause(ms: number): void
}

export interface PaceParts {
  readonly perSecond: number
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  readonly wait: (ms: number) => Promise<void>
}

export function createPace({ perSecond, nowMs, wait }: PaceParts): Pace {
  const gapMs = 1000 / perSecond
  let nextMs = 0
  return {
    async turn() {
      const atMs = Math.max(nextMs, nowMs())
      nextMs = atMs + gapMs
      // A timer may fire a little early.
      for (let leftMs = atMs - nowMs(); leftMs > 0; leftMs = atMs - nowMs()) await wait(Math.ceil(leftMs))
    },
    pause(ms) {
      nextMs = Math.max(nextMs, nowMs() + ms)
    },
  }
}
