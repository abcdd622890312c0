import { CLASSES, HELD_CLASS, WeightLists, weightClassOf } from './weight-lists.ts'

const MAX_SOURCES = 8
const SHARED = /^[0-9]{5}(?:_(?:BV|TC))?$/

/** One account held. Its counts live elsewhere, under the same slot. Small whole numbers only, so that a request allocates nothing. */
export interface Account {
  readonly slot: number
  /** As the portal knows it: mask before output. */
  name: string
  readonly facility: string | undefined
  /** From the registrations; `undefined` where the facility is not in them. */
  readonly dailyVisits: number | undefined
  /** `true` for a facility's shared account (`01234_BV`, `01234_TC`, `01234`). */
  readonly isShared: boolean
  /** The address it used last, and those before it, newest first: most accounts have but one. */
  source: string
  olderSources: string[] | undefined
  /** 32-bit hash of `source`, 0 where it is registered for the facility. */
  sourceHash: number
  /** `source` is not registered for the facility, whose registrations name others. */
  isForeign: boolean
  /** Requests of every kind since the account is held. */
  requests: number
  /** Place of its details, -1 without. */
  details: number
  /** An action is on. */
  isHeld: boolean
  /** When all rules are asked again, seconds since 1970, and look-ups since they were asked. */
  judgeAtS: number
  unjudged: number
  /** Persons usual in the present hour. */
  usualPerHour: number
  /** Requests that came too late for the shortest window; those are judged on a timeline of their own from some on. */
  lates: number
  /** Suspensions in a row, none of them a day after the one before, and when the last one began, seconds since 1970. */
  suspensions: number
  suspendedS: number
}

/** What is known of an account when it comes. */
export type NewAccount = Pick<Account, 'name' | 'facility' | 'dailyVisits' | 'source' | 'sourceHash' | 'isForeign'>

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
  admit(known: NewAccount, nowMs: number): Account {
    const slot = this.size < this.#maxAccounts ? this.size : this.#makeRoom(nowMs)
    const account: Account = {
      slot,
      name: known.name,
      facility: known.facility,
      dailyVisits: known.dailyVisits,
      isShared: SHARED.test(known.name),
      source: known.source,
      olderSources: undefined,
      sourceHash: known.sourceHash,
      isForeign: known.isForeign,
      requests: 0,
      details: -1,
      isHeld: false,
      judgeAtS: 0,
      unjudged: 0,
      usualPerHour: 0,
      lates: 0,
      suspensions: 0,
      suspendedS: 0,
    }
    this.#slots.set(known.name, account)
    this.#bySlot[slot] = account
    this.#weights.insert(slot, 0)
    return account
  }

  /** The account goes by another name from now on. */
  rename(account: Account, name: string): void {
    this.#slots.delete(account.name)
    account.name = name
    this.#slots.set(name, account)
  }

  /** The account in a slot. */
  at(slot: number): Account | undefined {
    return this.#bySlot[slot]
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
