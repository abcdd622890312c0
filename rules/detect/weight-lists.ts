const NONE = -1

/**
 * Slots ordered by weight class (powers of two) and, inside a class, by last use: who is dropped first when there is no room.
 * Every step takes the same time however many slots there are.
 */
export class WeightLists {
  readonly #previous: Int32Array
  readonly #next: Int32Array
  readonly #classOf: Uint8Array
  readonly #first = new Int32Array(CLASSES).fill(NONE)
  readonly #last = new Int32Array(CLASSES).fill(NONE)

  constructor(slots: number) {
    this.#previous = new Int32Array(slots)
    this.#next = new Int32Array(slots)
    this.#classOf = new Uint8Array(slots)
  }

  /** Takes a new slot in as just used. */
  insert(slot: number, weightClass: number): void {
    const first = this.#first[weightClass] as number
    this.#classOf[slot] = weightClass
    this.#previous[slot] = NONE
    this.#next[slot] = first
    if (first === NONE) this.#last[weightClass] = slot
    else this.#previous[first] = slot
    this.#first[weightClass] = slot
  }

  remove(slot: number): void {
    const weightClass = this.#classOf[slot] as number
    const previous = this.#previous[slot] as number
    const next = this.#next[slot] as number
    if (previous === NONE) this.#first[weightClass] = next
    else this.#next[previous] = next
    if (next === NONE) this.#last[weightClass] = previous
    else this.#previous[next] = previous
  }

  /** Marks a slot as just used, with the weight it has now. */
  use(slot: number, weightClass: number): void {
    if (this.#classOf[slot] === weightClass && this.#first[weightClass] === slot) return
    this.remove(slot)
    this.insert(slot, weightClass)
  }

  /** Gives a slot that grew lighter its class, as the one unused for longest there. */
  demote(slot: number, weightClass: number): void {
    this.remove(slot)
    const last = this.#last[weightClass] as number
    this.#classOf[slot] = weightClass
    this.#previous[slot] = last
    this.#next[slot] = NONE
    if (last === NONE) this.#first[weightClass] = slot
    else this.#next[last] = slot
    this.#last[weightClass] = slot
  }

  classOf(slot: number): number {
    return this.#classOf[slot] as number
  }

  /** The slot unused for longest in a class. */
  oldest(weightClass: number): number | undefined {
    const slot = this.#last[weightClass] as number
    return slot === NONE ? undefined : slot
  }

  /** The slot to drop first: lightest class, unused for longest. */
  lightest(): number | undefined {
    for (let weightClass = 0; weightClass < CLASSES; weightClass++) {
      const slot = this.oldest(weightClass)
      if (slot !== undefined) return slot
    }
    return undefined
  }
}

/** Classes 0 (no look-up in 24 hours) to 32, and one for accounts under an action. */
export const CLASSES = 34
export const HELD_CLASS = CLASSES - 1

/** 0 → 0, 1 → 1, 2–3 → 2, 4–7 → 3 … */
export function weightClassOf(lookups: number): number {
  return 32 - Math.clz32(lookups)
}
