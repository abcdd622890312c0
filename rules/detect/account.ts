import { readV4 } from '../requests/read-log-address.ts'
import { FLAG, HOT, HOT_WORDS } from './hot-rows.ts'

const MAX_SOURCES = 8
/** Times are kept in 32 bits, up to the year 2106. */
const MAX_SECONDS = 0xffff_ffff
const NO_HASHES: number[] = []
const SHARED = /^[0-9]{5}(?:_(?:BV|TC))?$/

/** What is known of an account when it comes. */
export type NewAccount = Pick<Account, 'name' | 'facility' | 'dailyVisits' | 'source' | 'sourceHash' | 'isForeign'>

/**
 * One account held. Its counts live elsewhere, under the same slot, and what every look-up reads or changes in a row of numbers (`HOT`), which the quick way
 * (`QuickLookups`) takes without touching this object.
 */
export class Account {
  /** As the portal knows it: mask before output. */
  name: string
  readonly slot: number
  readonly facility: string | undefined
  /** From the registrations; `undefined` where the facility is not in them. */
  readonly dailyVisits: number | undefined
  /** `true` for a facility's shared account (`01234_BV`, `01234_TC`, `01234`). */
  readonly isShared: boolean
  /** When all rules were asked last, seconds since 1970. */
  judgedAtS = 0
  /** Suspensions in a row, none of them a day after the one before, and when the last one began, seconds since 1970. */
  suspensions = 0
  suspendedS = 0
  /** Addresses before the last two, newest first, and their hashes. */
  olderSources: string[] | undefined = undefined
  olderHashes: number[] = NO_HASHES
  #row: Int32Array
  #at: number
  /** The last two addresses; which of them is the newest is in the row, so that turning between them writes no text. */
  #evenSource: string
  #oddSource = ''

  /** @param at where the account's row begins, all zero */
  constructor(slot: number, known: NewAccount, nowMs: number, row: Int32Array, at: number) {
    this.name = known.name
    this.slot = slot
    this.facility = known.facility
    this.dailyVisits = known.dailyVisits
    this.isShared = SHARED.test(known.name)
    this.#row = row
    this.#at = at
    this.#evenSource = ''
    this.#set(HOT.details, -1)
    this.#set(HOT.facility, Number(known.facility ?? 0))
    this.comeFrom(known.source, known.sourceHash, known.isForeign, nowMs)
  }

  /** The address it used last, and since when, seconds since 1970. */
  get source(): string {
    return this.#newest === 0 ? this.#evenSource : this.#oddSource
  }
  get sourceAtS(): number {
    return this.#get(HOT.sinceS + this.#newest) >>> 0
  }
  set sourceAtS(seconds: number) {
    this.#set(HOT.sinceS + this.#newest, wordOf(seconds))
  }

  /** 32-bit hash of `source`, 0 where it is registered for the facility. */
  get sourceHash(): number {
    return this.#get(HOT.hashes + this.#newest)
  }

  /** `source` is not registered for the facility, whose registrations name others. */
  get isForeign(): boolean {
    return (this.#get(HOT.flags) & (FLAG.foreign << this.#newest)) !== 0
  }
  set isForeign(isForeign: boolean) {
    this.#mark(this.#newest, isForeign)
  }

  /** The same of the address it used before that one, '' if there was none: most accounts have one or two. */
  get priorSource(): string {
    return this.#newest === 0 ? this.#oddSource : this.#evenSource
  }
  get priorAtS(): number {
    return this.#get(HOT.sinceS + (this.#newest ^ 1)) >>> 0
  }
  set priorAtS(seconds: number) {
    this.#set(HOT.sinceS + (this.#newest ^ 1), wordOf(seconds))
  }
  get priorHash(): number {
    return this.#get(HOT.hashes + (this.#newest ^ 1))
  }

  /** An action is on. */
  get isHeld(): boolean {
    return (this.#get(HOT.flags) & FLAG.held) !== 0
  }
  set isHeld(isHeld: boolean) {
    const others = this.#get(HOT.flags) & ~FLAG.held
    this.#set(HOT.flags, isHeld ? others | FLAG.held : others)
  }

  /** Requests of every kind since the account is held. */
  get requests(): number {
    return this.#get(HOT.requests) >>> 0
  }
  set requests(count: number) {
    this.#set(HOT.requests, count)
  }

  /** Place of its details, -1 without. */
  get details(): number {
    return this.#get(HOT.details)
  }
  set details(place: number) {
    this.#set(HOT.details, place)
  }

  /** When all rules are asked again, seconds since 1970, */
  get judgeAtS(): number {
    return this.#get(HOT.judgeAtS) >>> 0
  }
  set judgeAtS(seconds: number) {
    this.#set(HOT.judgeAtS, wordOf(seconds))
  }

  /** and look-ups since they were asked. */
  get unjudged(): number {
    return this.#get(HOT.unjudged)
  }
  set unjudged(count: number) {
    this.#set(HOT.unjudged, count)
  }

  /** So many look-ups may come before a rule that cannot wait can have anything to say. */
  get room(): number {
    return this.#get(HOT.room)
  }
  set room(lookups: number) {
    this.#set(HOT.room, lookups)
  }

  /** Requests that came too late for the shortest window; those are judged on a timeline of their own from some on. */
  get lates(): number {
    return this.#get(HOT.lates)
  }
  set lates(count: number) {
    this.#set(HOT.lates, count)
  }

  /** Persons usual in the present hour. */
  get usualPerHour(): number {
    return this.#get(HOT.usualPerHour)
  }
  set usualPerHour(persons: number) {
    this.#set(HOT.usualPerHour, persons)
  }

  /** The address that was the prior one is the newest again. */
  turnBack(atMs: number): void {
    this.#set(HOT.flags, this.#get(HOT.flags) ^ FLAG.newest)
    this.sourceAtS = Math.floor(atMs / 1000)
  }

  /** Makes an address the newest, in the place of the prior one, which the caller keeps if it is to be kept. */
  comeFrom(ip: string, hash: number, isForeign: boolean, atMs: number): void {
    if (this.source !== '') this.#set(HOT.flags, this.#get(HOT.flags) ^ FLAG.newest)
    this.#put(this.#newest, ip, hash, isForeign)
    this.sourceAtS = Math.floor(atMs / 1000)
  }

  /** Gives the account the prior address that it had before a restart. */
  setPrior(ip: string, hash: number, isForeign: boolean): void {
    this.#put(this.#newest ^ 1, ip, hash, isForeign)
  }

  /** The account is held no longer: its row will be another one's. */
  detach(): void {
    this.#row = this.#row.slice(this.#at, this.#at + HOT_WORDS)
    this.#at = 0
  }

  get #newest(): number {
    return this.#get(HOT.flags) & FLAG.newest
  }

  #put(place: number, ip: string, hash: number, isForeign: boolean): void {
    if (place === 0) this.#evenSource = ip
    else this.#oddSource = ip
    this.#set(HOT.addresses + place, v4Of(ip))
    this.#set(HOT.hashes + place, hash)
    this.#mark(place, isForeign)
  }

  #mark(place: number, isForeign: boolean): void {
    const others = this.#get(HOT.flags) & ~(FLAG.foreign << place)
    this.#set(HOT.flags, isForeign ? others | (FLAG.foreign << place) : others)
  }

  #get(word: number): number {
    return this.#row[this.#at + word] as number
  }

  #set(word: number, value: number): void {
    this.#row[this.#at + word] = value
  }
}

/** An account by itself, that has done nothing yet. */
export function createAccount(slot: number, known: NewAccount, nowMs: number): Account {
  return new Account(slot, known, nowMs, new Int32Array(HOT_WORDS), 0)
}

/** Makes an address the account's newest; `hashOf` is asked for one that is none of the last 8. `true` if it is none of the last two. */
export function noteSource(
  account: Account,
  ip: string,
  atMs: number,
  hashOf: (account: Account, ip: string) => number,
): boolean {
  if (account.source === ip) return false
  if (account.priorSource === ip) {
    account.turnBack(atMs)
    return false
  }
  account.comeFrom(ip, keepPrior(account, ip, hashOf), false, atMs)
  return true
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

function wordOf(seconds: number): number {
  return seconds < 0 ? 0 : Math.min(seconds, MAX_SECONDS)
}

/** Dotted IPv4 as 32 bits of either sign; 0 for anything else. */
function v4Of(ip: string): number {
  const address = readV4(ip)
  return address < 0 ? 0 : address | 0
}

/** What is known of an account, under another name. */
export function twinOf({ facility, dailyVisits, source, sourceHash, isForeign }: Account, name: string): NewAccount {
  return { name, facility, dailyVisits, source, sourceHash, isForeign }
}
