import type { AccountPlace } from '../requests/attributed-request.ts'
import { CLASSES, HELD_CLASS, WeightLists, weightClassOf } from './weight-lists.ts'

const MAX_SOURCES = 8
const NO_HASHES: number[] = []
const SHARED = /^[0-9]{5}(?:_(?:BV|TC))?$/

/** One account held. Its counts live elsewhere, under the same slot. Small whole numbers only, so that a request allocates nothing. */
export interface Account {
  /** As the portal knows it: mask before output. */
  name: string
  readonly slot: number
  /** The address it used last, and since when, seconds since 1970. */
  source: string
  sourceAtS: number
  /** 32-bit hash of `source`, 0 where it is registered for the facility. */
  sourceHash: number
  /** `source` is not registered for the facility, whose registrations name others. */
  isForeign: boolean
  /** An action is on. */
  isHeld: boolean
  /** Requests of every kind since the account is held. */
  requests: number
  /** Place of its details, -1 without. */
  details: number
  /** When all rules are asked again, seconds since 1970, and look-ups since they were asked. */
  judgeAtS: number
  unjudged: number
  /** So many look-ups may come before a rule that cannot wait can have anything to say. */
  room: number
  /** Requests that came too late for the shortest window; those are judged on a timeline of their own from some on. */
  lates: number
  /** The same of the address it used before that one, '' if there was none: most accounts have one or two. */
  priorSource: string
  priorAtS: number
  priorHash: number
  /** Those before these two, newest first, and their hashes. */
  olderSources: string[] | undefined
  olderHashes: number[]
  readonly facility: string | undefined
  /** From the registrations; `undefined` where the facility is not in them. */
  readonly dailyVisits: number | undefined
  /** `true` for a facility's shared account (`01234_BV`, `01234_TC`, `01234`). */
  readonly isShared: boolean
  /** When all rules were asked last, seconds since 1970. */
  judgedAtS: number
  /** Persons usual in the present hour. */
  usualPerHour: number
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

/** An account that has done nothing yet. */
export function createAccount(slot: number, known: NewAccount, nowMs: number): Account {
  return {
    name: known.name,
    slot,
    source: known.source,
    sourceAtS: Math.floor(nowMs / 1000),
    sourceHash: known.sourceHash,
    isForeign: known.isForeign,
    isHeld: false,
    requests: 0,
    details: -1,
    judgeAtS: 0,
    unjudged: 0,
    room: 0,
    lates: 0,
    priorSource: '',
    priorAtS: 0,
    priorHash: 0,
    olderSources: undefined,
    olderHashes: NO_HASHES,
    facility: known.facility,
    dailyVisits: known.dailyVisits,
    isShared: SHARED.test(known.name),
    judgedAtS: 0,
    usualPerHour: 0,
    suspensions: 0,
    suspendedS: 0,
  }
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

  /** `place`, if the parser gave one, saves the search from the second time on. */
  find(name: string, place?: AccountPlace): Account | undefined {
    if (place === undefined) return this.#slots.get(name)
    const last = this.#bySlot[place.slot]
    if (last !== undefined && last.name === name) return last
    const found = this.#slots.get(name)
    if (found !== undefined) place.slot = found.slot
    return found
  }

  /** Takes an account in, dropping another one if there is no room. */
  admit(known: NewAccount, nowMs: number): Account {
    const slot = this.size < this.#maxAccounts ? this.size : this.#makeRoom(nowMs)
    const account = createAccount(slot, known, nowMs)
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

/** Makes an address the account's newest; `hashOf` is asked for one that is none of the last 8. `true` if it is none of the last two. */
export function noteSource(
  account: Account,
  ip: string,
  atMs: number,
  hashOf: (account: Account, ip: string) => number,
): boolean {
  if (account.source === ip) return false
  const isPrior = account.priorSource === ip
  const hash = isPrior ? account.priorHash : keepPrior(account, ip, hashOf)
  account.priorSource = account.source
  account.priorAtS = account.sourceAtS
  account.priorHash = account.sourceHash
  account.source = ip
  account.sourceAtS = Math.floor(atMs / 1000)
  account.sourceHash = hash
  return !isPrior
}

/** Puts the prior address before the older ones; gives the hash of the one that comes, which is no longer among them. */
function keepPrior(account: Account, ip: string, hashOf: (account: Account, ip: string) => number): number {
  if (account.priorSource === '') return hashOf(account, ip)
  if (account.olderSources === undefined) {
    account.olderSources = []
    account.olderHashes = []
  }
  const { olderSources, olderHashes } = account
  const known = olderSources.indexOf(ip)
  const hash = known === -1 ? hashOf(account, ip) : (olderHashes[known] as number)
  const last = known === -1 ? Math.min(olderSources.length, MAX_SOURCES - 3) : known
  for (let at = last; at > 0; at--) {
    olderSources[at] = olderSources[at - 1] as string
    olderHashes[at] = olderHashes[at - 1] as number
  }
  olderSources[0] = account.priorSource
  olderHashes[0] = account.priorHash
  return hash
}

/** Newest first, at most 8. */
export function sourcesOf({ source, priorSource, olderSources }: Account): string[] {
  return priorSource === '' ? [source] : [source, priorSource, ...(olderSources ?? [])]
}
