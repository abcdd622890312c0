import type { SideKind } from '../../rules/documents/side-kind.ts'

/** Whoever keeps an event stream open. Called at once and in order; must not throw. */
export interface EventListener {
  /** Revision `revision` exists. */
  revision(revision: number): void
  /** Version `version` of a kind of document beside the lists exists. */
  side?(kind: SideKind, version: number): void
  /** Somebody lost access: look again whether this stream may stay. */
  review(): void
}

/** Tells every open event stream that a revision exists. Carries no more than its number: agents fetch and verify the rest. */
export interface EventHub {
  /** Remembers `revision` as the newest and tells all listeners. Numbers that are not newer are not told. */
  announce(revision: number): void
  /** The same for a document beside the lists. */
  announceSide(kind: SideKind, version: number): void
  /** Has every listener look again at its access. */
  review(): void
  /** Newest revision announced, 0 before the first. */
  readonly revision: number
  /** Newest documents beside the lists announced; kinds before their first are not there. */
  readonly sides: ReadonlyMap<SideKind, number>
  /** The returned function ends it. */
  listen(listener: EventListener): () => void
}

export function createEventHub(): EventHub {
  const listeners = new Set<EventListener>()
  const sides = new Map<SideKind, number>()
  const state = { revision: 0 }
  return {
    get revision() {
      return state.revision
    },
    announce(revision) {
      if (revision <= state.revision) return
      state.revision = revision
      for (const listener of listeners) listener.revision(revision)
    },
    sides,
    announceSide(kind, version) {
      if (version <= (sides.get(kind) ?? 0)) return
      sides.set(kind, version)
      for (const listener of listeners) listener.side?.(kind, version)
    },
    review() {
      for (const listener of listeners) listener.review()
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
