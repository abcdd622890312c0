import type { AccountPlace } from '../requests/attributed-request.ts'
import type { FacilityAccount, NamedPlace } from '../requests/lookup-line.ts'
import { Account, type NewAccount } from './account.ts'
import { FacilitySlots } from './facility-slots.ts'
import { HotRows, rowOf } from './hot-rows.ts'
import { CLASSES, HELD_CLASS, WeightLists, weightClassOf } from './weight-lists.ts'

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
  /** What look-ups read and change, by slot. */
  readonly rows = new HotRows()
  readonly #facilities = new FacilitySlots()
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

  /** `place`, if the parser gave one, saves the search from the second time on. */
  find(name: string, place?: AccountPlace): Account | undefined {
    if (place === undefined) return this.#slots.get(name)
    const last = this.#bySlot[place.slot]
    if (last !== undefined && last.name === name) return last
    const found = this.#slots.get(name)
    if (found !== undefined) place.slot = found.slot
    return found
  }

  /** The slot of an account of a facility, -1 where it is not held. */
  findFacility(account: FacilityAccount): number {
    return this.#facilities.find(account)
  }

  /** The slot of a named account, if it is held where the parser was told it is; else -1. */
  guessNamed(named: NamedPlace | undefined): number {
    return named !== undefined && this.#bySlot[named.slot]?.name === named.name ? named.slot : -1
  }

  /** The slot of a named account, -1 where it is not held. */
  findNamed(named: NamedPlace | undefined): number {
    return named === undefined ? -1 : (this.find(named.name, named)?.slot ?? -1)
  }

  /** Takes an account in, dropping another one if there is no room. */
  admit(known: NewAccount, nowMs: number): Account {
    const slot = this.size < this.#maxAccounts ? this.size : this.#makeRoom(nowMs)
    this.rows.clear(slot)
    const account = new Account(slot, known, nowMs, this.rows.pageOf(slot), rowOf(slot))
    this.#slots.set(known.name, account)
    this.#bySlot[slot] = account
    this.#facilities.set(known.name, slot)
    this.#weights.insert(slot, 0)
    return account
  }

  /** The account goes by another name from now on. */
  rename(account: Account, name: string): void {
    this.#slots.delete(account.name)
    this.#facilities.set(account.name, -1)
    account.name = name
    this.#slots.set(name, account)
    this.#facilities.set(name, account.slot)
  }

  /** The account in a slot. */
  at(slot: number): Account | undefined {
    return this.#bySlot[slot]
  }

  /** The account made a request and now has this many look-ups in 24 hours. */
  use({ slot }: Account, lookups24h: number): void {
    this.useSlot(slot, lookups24h)
  }

  /** The same of the account in a slot. */
  useSlot(slot: number, lookups24h: number): void {
    const isHeld = this.#weights.classOf(slot) === HELD_CLASS
    this.#weights.use(slot, isHeld ? HELD_CLASS : weightClassOf(lookups24h))
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
    this.#facilities.set(account.name, -1)
    this.#bySlot[slot] = undefined
    account.detach()
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
