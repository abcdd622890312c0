/** So many accounts and more are a crowd, however many more. */
const MAX_VISITORS = 128

interface Visitors {
  pane: number
  now: Set<number>
  before: Set<number>
}

/**
 * How many accounts use an address, busier than usual or not: behind a vendor's cloud a few are, and behind one operator's nearly all. About 100 bytes an
 * address; the one first seen longest ago goes.
 */
export class SourceVisitors {
  readonly #maxSources: number
  readonly #bySource = new Map<number, Visitors>()

  constructor(maxSources: number) {
    this.#maxSources = maxSources
  }

  note(source: number, slot: number, pane: number): void {
    const visitors = this.#bySource.get(source) ?? this.#admit(source, pane)
    if (pane > visitors.pane) {
      visitors.before = pane === visitors.pane + 1 ? visitors.now : new Set()
      visitors.now = new Set()
      visitors.pane = pane
    }
    if (visitors.now.size < MAX_VISITORS) visitors.now.add(slot)
  }

  /** Accounts that used it in the newest two panes, at least. */
  count(source: number): number {
    const visitors = this.#bySource.get(source)
    return visitors === undefined ? 0 : Math.max(visitors.now.size, visitors.before.size)
  }

  #admit(source: number, pane: number): Visitors {
    const visitors: Visitors = { pane, now: new Set(), before: new Set() }
    this.#bySource.set(source, visitors)
    const oldest = this.#bySource.keys().next().value
    if (this.#bySource.size > this.#maxSources && oldest !== undefined) this.#bySource.delete(oldest)
    return visitors
  }
}
