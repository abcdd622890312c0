import { CLASSES, HELD_CLASS, WeightLists, weightClassOf } from './weight-lists.ts'

const MAX_SOURCES = 8

/** One account held. Its counts live elsewhere, under the same slot. */
export interface Account {
  readonly slot: number
  /** As the portal knows it: mask before output. */
  readonly name: string
  readonly facility: string | undefined
  /** From the registrations; `undefined` where the facility is not in them. */
  readonly dailyVisits: number | undefined
  /** The address it used last, and those before it, newest first: most accounts have but one. */
  source: string
  olderSources: string[] | undefined
  /** Requests of every kind since the account is held. */
  requests: number
}

/** What the table needs to know of the counts. */
export interface AccountCounts {
  /** Look-ups in 24 hours, seen from `nowMs`. */
  weightAt(slot: number, nowMs: number): number
  /** The account was dropped: its slot will be given to another one. */
  dropped(account: Account): void
}

/**
 * At most `maxAccounts` accounts. When there is no room the lightest goes (by powers of two of its look-ups in 24 hours), and among
 * those the one unused for longest, so that a flood of invented names pushes out other invented names and never a busy account.
 * Accounts under an action go last of all.
 */
export class AccountTable {
  readonly #slots = new Map<string, Account>()
  readonly #bySlot: (Account | undefined)[] = []
  readonly #weights: WeightLists
  readonly #maxAccounts: number
  readonly #counts: AccountCounts
  /** The class whose weights are looked at again at the next eviction: accounts grow lighter while nobody uses them. */
  #reviewed = 1
  evicted = 0

  constructor(maxAccounts: number, counts: AccountCounts) {
    this.#maxAccounts = maxAccounts
    this.#counts = counts
    this.#weights = new WeightLists(maxAccounts)
  }

  get size(): number {
    return this.#slots.size
  }

  find(name: string): Account | undefined {
    return this.#slots.get(name)
  }

  /** Takes an account in, dropping another one if there is no room. */
  admit(name: string, facility: string | undefined, dailyVisits: number | undefined, source: string, nowMs: number): Account {
    const slot = this.size < this.#maxAccounts ? this.size : this.#makeRoom(nowMs)
    const account: Account = { slot, name, facility, dailyVisits, source, olderSources: undefined, requests: 0 }
    this.#slots.set(name, account)
    this.#bySlot[slot] = account
    this.#weights.insert(slot, 0)
    return account
  }

  /** The account made a request and now has this many look-ups in 24 hours. */
  use(account: Account, lookups24h: number): void {
    const isHeld = this.#weights.classOf(account.slot) === HELD_CLASS
    this.#weights.use(account.slot, isHeld ? HELD_CLASS : weightClassOf(lookups24h))
  }

  /** Keeps an account under an action from being dropped, or no longer. */
  setHeld(account: Account, isHeld: boolean, nowMs: number): void {
    this.#weights.use(account.slot, isHeld ? HELD_CLASS : weightClassOf(this.#counts.weightAt(account.slot, nowMs)))
  }

  values(): IterableIterator<Account> {
    return this.#slots.values()
  }

  #makeRoom(nowMs: number): number {
    this.#review(nowMs)
    this.#review(nowMs)
    const slot = this.#weights.lightest()
    const account = slot === undefined ? undefined : this.#bySlot[slot]
    if (slot === undefined || account === undefined)
      throw new RangeError('Cannot count accounts: there must be room for at least one')
    this.#weights.remove(slot)
    this.#slots.delete(account.name)
    this.#bySlot[slot] = undefined
    this.evicted++
    this.#counts.dropped(account)
    return slot
  }

  /** Weighs the account unused for longest of the next class that has one. */
  #review(nowMs: number): void {
    for (let tried = 1; tried < CLASSES; tried++) {
      const weightClass = this.#reviewed
      this.#reviewed = weightClass + 1 < HELD_CLASS ? weightClass + 1 : 1
      const slot = this.#weights.oldest(weightClass)
      if (slot === undefined) continue
      const weightNow = weightClassOf(this.#counts.weightAt(slot, nowMs))
      if (weightNow < weightClass) this.#weights.demote(slot, weightNow)
      return
    }
  }
}

/** Makes an address the account's newest. */
export function noteSource(account: Account, ip: string): void {
  if (account.source === ip) return
  const others = (account.olderSources ?? []).filter((other) => other !== ip)
  account.olderSources = [account.source, ...others].slice(0, MAX_SOURCES - 1)
  account.source = ip
}

/** Newest first, at most 8. */
export function sourcesOf({ source, olderSources }: Account): string[] {
  return [source, ...(olderSources ?? [])]
}
