import { mixed } from '../sketches/subject-hash.ts'
import { AddressSums } from './address-sums.ts'
import type { InStepGroup, InStepOptions, InStepReason } from './in-step-group.ts'
import { PANE_MS, paneOf } from './pane.ts'
import { RaisedAccounts, rateLevels } from './raised-accounts.ts'
import { SharedKey } from './shared-key.ts'
import { SourceVisitors } from './source-visitors.ts'

const DEFAULT_MAX_KEYS = 4_096
/** Of the accounts behind one address at least so many are busier than usual where one operator drives them. */
const LEAST_OF_VISITORS = 0.5
const DEFAULT_REMEMBER_MS = 86_400_000
/** Addresses remembered. */
const MAX_CAUGHT = 256
/** Two groups with so many of their accounts in common are one. */
const SAME_GROUP = 0.8
/** So long into a pane all that share a rate have shown. */
const SETTLED_MS = 120_000
/** An account must have seen so many persons in a whole pane to have a rate. */
const RATED_PERSONS = 8
/** Hospitals that come back together after an outage may have one rate too. */
const RHYTHM_WEIGHT = 0.5
/** Who shares a rate hardly ever asks for a person twice: honest clients do, two to nine times. */
const FRESH_SHARE = 0.6

/**
 * Finds accounts that one operator drives, each below every limit: accounts that see more than is usual for them at the same time, and share an address, blocks of
 * numbers (one walk dealt out to all), or the same even rate. What is usual keeps honest look-alikes apart: hundreds of facilities behind a
 * vendor's cloud and the satellites behind a hospital's address share it every day, and a key that more than 64 raised accounts
 * share is a crowd and makes no group. Accounts of one facility are no group either: their sum is the facility's.
 *
 * A shared rate alone is the weakest reason: an outage that ends for a few hospitals may look like it. Twice as many accounts are needed for it, and they must be as even as
 * chance makes them; weigh it with repeats and misses.
 *
 * Memory: 10 bytes an account and 1.8 KB for each of `maxKeys` keys (7.4 MB); the key unused for longest goes. What an honest account does
 * touches no key at all.
 */
export class InStepGroups {
  readonly #minAccounts: number
  readonly #minExcess: number
  readonly #maxKeys: number
  readonly #findsRhythm: boolean
  readonly #recentOf: InStepOptions['recentOf']
  readonly #raised = new RaisedAccounts()
  readonly #visitors: SourceVisitors
  readonly #sums: AddressSums
  readonly #keys = new Map<number, SharedKey>()
  /** Keys that enough accounts have shared: most have but one. */
  readonly #shared = new Set<number>()
  /** Addresses that a group was found by, oldest first: the facilities it had, and when. */
  readonly #caught = new Map<number, { readonly facilities: Set<number>; lastMs: number }>()
  readonly #rememberMs: number
  /** Counts how often a slot was cleared, so that members which are gone are known. */
  readonly #generations: (Uint16Array | undefined)[] = []

  constructor(options: InStepOptions = {}) {
    this.#minAccounts = options.minAccounts ?? 5
    this.#minExcess = options.minExcess ?? 300
    this.#maxKeys = options.maxKeys ?? DEFAULT_MAX_KEYS
    this.#visitors = new SourceVisitors(this.#maxKeys)
    this.#rememberMs = options.rememberMs ?? DEFAULT_REMEMBER_MS
    this.#findsRhythm = options.findsRhythm ?? true
    this.#recentOf = options.recentOf
    this.#sums = new AddressSums({
      minAccounts: this.#minAccounts,
      minExcess: this.#minExcess,
      maxKeys: this.#maxKeys,
      recentOf: options.recentOf,
      personsOf: (slot, nowMs) => this.#raised.persons(slot, paneOf(nowMs)),
      generationOf: (slot) => this.#generationOf(slot),
      caughtBeside: (source, key, members) => this.#caughtBeside(source, key, members),
    })
  }

  /** Keys held. */
  get size(): number {
    return this.#keys.size
  }

  /**
   * Counts a person whom the account had not looked up lately (`SubjectMemory.recall` was false).
   * `facility`: the code as a number, 0 if unknown. `source`: a 32-bit hash of the client's address, 0 if it is registered for the account's
   * facility. `block`: `subjectBlock`, or 0; `undefined` where the log tells nobody: a rhythm of look-ups alone is every client's. `usualPerHour`: persons expected of the account in this hour (`Norm.expected`).
   */
  add(slot: number, facility: number, source: number, block: number | undefined, usualPerHour: number, atMs: number): void {
    const isRaised = this.#raised.add(slot, usualPerHour, atMs)
    // Where neither address nor person is told, nothing can be shared.
    if (source === 0 && block === undefined) return
    const sourceKey = mixed(source ^ 0x3a7e11)
    const isSourceShared = source !== 0 && this.#visitors.note(sourceKey, slot, paneOf(atMs))
    if (isSourceShared || (source !== 0 && this.#caught.has(sourceKey)))
      this.#sums.add(sourceKey, slot, facility, usualPerHour, atMs)
    if (!isRaised) return
    // Most accounts are alone with their addresses: nobody is in step there, unless the others were caught.
    if (isSourceShared || (source !== 0 && this.#caught.has(sourceKey)))
      this.#count('source', sourceKey, slot, facility, usualPerHour, atMs, 1)
    if (block === undefined) return
    if (block !== 0) this.#count('blocks', mixed(block ^ 0x51c64e6d), slot, facility, usualPerHour, atMs, 1)
    const before = this.#raised.paneBefore(slot)
    if (before < RATED_PERSONS || !this.#findsRhythm || !this.#isFresh(slot, atMs)) return
    const known = before + this.#raised.paneNow(slot)
    const [whole, half] = rateLevels(before)
    const pane = mixed(paneOf(atMs))
    this.#count('rhythm', mixed(pane ^ (whole * 2 + 0x2f0b4a)), slot, facility, usualPerHour, atMs, known)
    this.#count('rhythm', mixed(pane ^ (half * 2 + 1 + 0x2f0b4a)), slot, facility, usualPerHour, atMs, known)
  }

  /** Looks at what is held of an account; what it gives means nothing. */
  glance(slot: number): number {
    return this.#raised.paneNow(slot)
  }

  /** The groups in step now, the largest excess first, those of a shared rate last. Looks at every key that enough accounts have shared: ask every ten seconds or so. */
  groups(nowMs: number): readonly InStepGroup[] {
    const groups: InStepGroup[] = []
    for (const [hash, { lastMs }] of this.#caught) if (nowMs - lastMs > this.#rememberMs) this.#caught.delete(hash)
    const commonPane = this.#commonPane()
    for (const hash of this.#shared) {
      const key = this.#keys.get(hash)
      if (key === undefined || (key.size < this.#minAccounts && !key.isCrowd && !this.#caught.has(hash))) {
        this.#shared.delete(hash)
        continue
      }
      const isNone = key.isCrowd || paneOf(nowMs) - key.pane > 1 || (key.reason === 'rhythm' && key.pane <= commonPane)
      const group = isNone ? undefined : this.#groupOf(hash, key, nowMs)
      if (group !== undefined) groups.push(group)
    }
    for (const [source, { key, members, excess, weight }] of this.#sums.found(nowMs)) {
      this.#remember(source, key, members, nowMs)
      groups.push(groupOf(key, members, excess, weight))
    }
    // A shared rate is the weakest reason, and must not stand for a better one.
    groups.sort((a, b) => Number(a.reason === 'rhythm') - Number(b.reason === 'rhythm') || b.excess - a.excess)
    return groups.filter((group, at) => !groups.slice(0, at).some((larger) => isWithin(group, larger)))
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    this.#raised.clear(slot)
    const page = this.#generations[slot >>> 10] ?? this.#addPage(slot >>> 10)
    page[slot & 1023] = ((page[slot & 1023] as number) + 1) & 0xffff
  }

  /** The newest pane in which a crowd shared a rate: something that happened to everybody, so that no shared rate tells anything. */
  #commonPane(): number {
    let newest = -1
    for (const hash of this.#shared) {
      const key = this.#keys.get(hash)
      if (key?.isCrowd === true && key.reason === 'rhythm' && key.pane > newest) newest = key.pane
    }
    return newest
  }

  #groupOf(hash: number, key: SharedKey, nowMs: number): InStepGroup | undefined {
    const members = key.members((slot) => this.#generationOf(slot)).filter((member) => this.#excessOf(key, member, nowMs) > 0)
    if (key.facilities(members) + this.#caughtBeside(hash, key, members) < this.#minAccounts) return undefined
    if (key.reason === 'source' && members.length < LEAST_OF_VISITORS * this.#visitors.count(hash)) return undefined
    if (key.reason === 'rhythm' && !this.#isRhythm(key, members, nowMs)) return undefined
    const excess = members.reduce((sum, member) => sum + this.#excessOf(key, member, nowMs), 0)
    if (excess < this.#minExcess) return undefined
    if (key.reason === 'source') this.#remember(hash, key, members, nowMs)
    return groupOf(key, members, excess, key.reason === 'rhythm' ? RHYTHM_WEIGHT : 1)
  }

  /** The account hardly asks for anybody twice. */
  #isFresh(slot: number, nowMs: number): boolean {
    const recent = this.#recentOf?.(slot, nowMs)
    return recent === undefined || recent.fresh >= FRESH_SHARE * recent.lookups
  }

  /** Facilities that were in step by this key lately, and are not among these members: who is suspended no longer looks anybody up. */
  #caughtBeside(hash: number, key: SharedKey, members: readonly number[]): number {
    const caught = this.#caught.get(hash)
    if (caught === undefined) return 0
    const present = new Set(members.map((member) => key.facilityOf(member)))
    return [...caught.facilities].filter((facility) => !present.has(facility)).length
  }

  #remember(hash: number, key: SharedKey, members: readonly number[], nowMs: number): void {
    const facilities = this.#caught.get(hash)?.facilities ?? new Set<number>()
    for (const member of members) if (key.facilityOf(member) !== 0) facilities.add(key.facilityOf(member))
    this.#caught.delete(hash)
    this.#caught.set(hash, { facilities, lastMs: nowMs })
    const oldest = this.#caught.keys().next().value
    if (this.#caught.size > MAX_CAUGHT && oldest !== undefined) this.#caught.delete(oldest)
  }

  /** Persons of a member beyond what is usual for the account, as far as they came with the key. */
  #excessOf(key: SharedKey, member: number, nowMs: number): number {
    const all = this.#raised.persons(key.slots[member] as number, paneOf(nowMs))
    return Math.max(0, Math.min(key.persons(member), all - key.mostUsual(member, nowMs)))
  }

  /** A rate is shared by enough accounts, evenly, and late enough in the pane that a crowd would have shown. */
  #isRhythm(key: SharedKey, members: readonly number[], nowMs: number): boolean {
    const isSettled = paneOf(nowMs) > key.pane || nowMs % PANE_MS >= SETTLED_MS
    return isSettled && members.length >= 2 * this.#minAccounts && key.isEven(members)
  }

  #count(reason: InStepReason, hash: number, slot: number, facility: number, usual: number, atMs: number, atFirst: number): void {
    const pane = paneOf(atMs)
    const key = this.#keyOf(reason, hash, pane, atMs)
    key.add(slot, this.#generationOf(slot), facility, usual, pane, atFirst)
    if (key.size >= this.#minAccounts || this.#caught.has(hash)) this.#shared.add(hash)
  }

  /** The key, moved to the newest once a pane. */
  #keyOf(reason: InStepReason, hash: number, pane: number, atMs: number): SharedKey {
    const held = this.#keys.get(hash)
    const isIt = held !== undefined && held.reason === reason && pane - held.pane <= 1
    if (isIt && pane <= held.pane) return held
    if (held !== undefined) this.#keys.delete(hash)
    const key = isIt ? held : new SharedKey(reason, pane, atMs)
    this.#keys.set(hash, key)
    if (this.#keys.size > this.#maxKeys) {
      const oldest = this.#keys.keys().next().value
      if (oldest !== undefined) this.#keys.delete(oldest)
    }
    return key
  }

  #generationOf(slot: number): number {
    return this.#generations[slot >>> 10]?.[slot & 1023] ?? 0
  }

  #addPage(number: number): Uint16Array {
    const page = new Uint16Array(1024)
    while (this.#generations.length < number) this.#generations.push(undefined)
    this.#generations[number] = page
    return page
  }
}

function groupOf(key: SharedKey, members: readonly number[], excess: number, weight: number): InStepGroup {
  const sorted = members.toSorted((a, b) => key.persons(b) - key.persons(a))
  return {
    reason: key.reason,
    slots: sorted.map((member) => key.slots[member] as number),
    persons: sorted.reduce((sum, member) => sum + key.persons(member), 0),
    excess: Math.round(excess),
    weight,
    sinceMs: key.sinceMs,
  }
}

function isWithin(group: InStepGroup, larger: InStepGroup): boolean {
  const common = group.slots.filter((slot) => larger.slots.includes(slot)).length
  return common >= SAME_GROUP * group.slots.length
}
