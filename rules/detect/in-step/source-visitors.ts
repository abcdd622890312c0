/** So many accounts and more are a crowd, however many more. */
const MAX_VISITORS = 128
/** Places for addresses used in the last panes; two addresses in one place are both looked at closer than they need be. */
const PLACES = 1 << 17

interface Visitors {
  pane: number
  now: Set<number>
  before: Set<number>
}

/**
 * How many accounts use an address, busier than usual or not: behind a vendor's cloud a few are, and behind one operator's nearly all. An address that one
 * account uses costs twelve bytes, others about 100; of those the one first seen longest ago goes.
 */
export class SourceVisitors {
  readonly #maxSources: number
  readonly #bySource = new Map<number, Visitors>()
  /** By place: the account that was here last, plus one; its pane; the newest pane in which another one came. */
  readonly #lastSlots = new Int32Array(PLACES)
  readonly #lastPanes = new Uint32Array(PLACES)
  readonly #sharedPanes = new Uint32Array(PLACES)

  constructor(maxSources: number) {
    this.#maxSources = maxSources
  }

  /** Notes a visit; false where the account seems to be alone with the address. */
  note(source: number, slot: number, pane: number): boolean {
    const place = source & (PLACES - 1)
    const last = (this.#lastSlots[place] as number) - 1
    const isRecent = pane - (this.#lastPanes[place] as number) <= 1
    this.#lastPanes[place] = pane
    if (last !== slot) {
      this.#lastSlots[place] = slot + 1
      if (last !== -1 && isRecent) {
        this.#sharedPanes[place] = pane
        // Of an address shared from now on nobody was noted before.
        if (!this.#bySource.has(source)) this.#add(source, last, pane)
      }
    }
    const sharedPane = this.#sharedPanes[place] as number
    if (sharedPane === 0 || pane - sharedPane > 1) return false
    this.#add(source, slot, pane)
    return true
  }

  /** Accounts that used it in the newest two panes, at least; 0 where one is alone with it. */
  count(source: number): number {
    const visitors = this.#bySource.get(source)
    return visitors === undefined ? 0 : Math.max(visitors.now.size, visitors.before.size)
  }

  #add(source: number, slot: number, pane: number): void {
    const visitors = this.#bySource.get(source) ?? this.#admit(source, pane)
    if (pane > visitors.pane) {
      visitors.before = pane === visitors.pane + 1 ? visitors.now : new Set()
      visitors.now = new Set()
      visitors.pane = pane
    }
    if (visitors.now.size < MAX_VISITORS) visitors.now.add(slot)
  }

  #admit(source: number, pane: number): Visitors {
    const visitors: Visitors = { pane, now: new Set(), before: new Set() }
    this.#bySource.set(source, visitors)
    const oldest = this.#bySource.keys().next().value
    if (this.#bySource.size > this.#maxSources && oldest !== undefined) this.#bySource.delete(oldest)
    return visitors
  }
}
