/** Words of an account's row: one line of the processor's cache. */
export const HOT_WORDS = 16

/** Where things stand in an account's row of numbers: all of one that nearly every look-up reads or changes. `Account` says what each is. */
export const HOT = {
  flags: 0,
  /** The last two addresses as 32 bits, 0 for what is no IPv4; their hashes; since when each is used. Which is the newest: `FLAG.newest`. */
  addresses: 1,
  hashes: 3,
  sinceS: 5,
  requests: 7,
  details: 8,
  judgeAtS: 9,
  unjudged: 10,
  room: 11,
  lates: 12,
  usualPerHour: 13,
  /** The code as a number, 0 if unknown. */
  facility: 14,
} as const

/** `newest`: which of the two places is that of the newest address. `foreign`: of the first place; of the second the bit above it. */
export const FLAG = { newest: 1, held: 2, foreign: 4 } as const

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS

/** The rows of all accounts, page by page as slots come into use. */
export class HotRows {
  readonly #pages: Int32Array[] = []

  /** The page that holds the row of a slot, made if there is none; slots come one after the other. */
  pageOf(slot: number): Int32Array {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page !== undefined) return page
    const fresh = new Int32Array(PAGE_SLOTS * HOT_WORDS)
    this.#pages.push(fresh)
    return fresh
  }

  /** An empty row for a new account. */
  clear(slot: number): void {
    const at = rowOf(slot)
    this.pageOf(slot).fill(0, at, at + HOT_WORDS)
  }
}

/** Where the row of a slot begins in its page. */
export function rowOf(slot: number): number {
  return (slot & (PAGE_SLOTS - 1)) * HOT_WORDS
}
