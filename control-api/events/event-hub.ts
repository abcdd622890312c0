/** Tells every open event stream that a revision exists. Carries no more than its number: agents fetch and verify the rest. */
export interface EventHub {
  /** Remembers `revision` as the newest and tells all listeners. Older numbers than the newest are not told. */
  announce(revision: number): void
  /** Newest revision announced, 0 before the first. */
  readonly revision: number
  /** Listeners are called at once and in order; the returned function ends it. */
  listen(listener: (revision: number) => void): () => void
}

export function createEventHub(): EventHub {
  const listeners = new Set<(revision: number) => void>()
  let newest = 0
  return {
    get revision() {
      return newest
    },
    announce(revision) {
      if (revision <= newest) return
      newest = revision
      for (const listener of listeners) listener(revision)
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
