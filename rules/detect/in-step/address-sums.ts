import type { RecentLookups } from './in-step-group.ts'
import { mostUsual, paneOf, usualIn } from './pane.ts'
import { SharedKey } from './shared-key.ts'

/** A member adds to the group with so many persons through the address, and if it sees more than is usual for it. */
const LEAST_PERSONS = 2
/** Of what the group looked up, so much is of persons it had not looked up before. Honest clients ask two to nine times for each. */
const FRESH_SHARE = 0.5
/** The same of a member, and of those who are left of a group. */
const MEMBER_FRESH_SHARE = 0.4
/** That hardly anybody is asked for twice makes an excess say more. */
const FRESH_WEIGHT = 1.5
/** What the few do who are left of a group counts for those who are gone, up to so many times. */
const MAX_WEIGHT = 20
/** Of all that use the address. */
const LEAST_OF_VISITORS = 0.5
/** Accounts that use one address, and are busier than usual together though hardly one of them is by itself. */
export interface AddressSum {
  readonly key: SharedKey
  readonly members: readonly number[]
  readonly excess: number
  readonly weight: number
}

export interface AddressSumParts {
  readonly minAccounts: number
  readonly minExcess: number
  readonly maxKeys: number
  readonly recentOf: ((slot: number, nowMs: number) => RecentLookups) | undefined
  /** Persons of an account, through whatever address. */
  readonly personsOf: (slot: number, nowMs: number) => number
  readonly generationOf: (slot: number) => number
  /** Facilities of a group that was found by this address lately, beside these members'. */
  readonly caughtBeside: (source: number, key: SharedKey, members: readonly number[]) => number
}

/**
 * Adds up what the accounts behind one unregistered address see, busier than usual or not: twenty that each ask for a person every hundred seconds
 * stand out together after minutes, each by itself after the better part of an hour. What is usual may be wrong for all of them alike, as in an account's first days, and a vendor's
 * customers share his address with nobody behind it; so a sum says something only where persons are told, and hardly any is asked for twice.
 */
export class AddressSums {
  readonly #parts: AddressSumParts
  readonly #keys = new Map<number, SharedKey>()

  constructor(parts: AddressSumParts) {
    this.#parts = parts
  }

  /** Counts a person that an account looked up through the address. */
  add(source: number, slot: number, facility: number, usualPerHour: number, atMs: number): void {
    const key = this.#keyOf(source, paneOf(atMs), atMs)
    if (!key.isCrowd) key.add(slot, this.#parts.generationOf(slot), facility, usualPerHour, paneOf(atMs), 1)
  }

  /** Addresses whose accounts are busier together than is usual for them, with those that add to it. */
  *found(nowMs: number): Generator<readonly [source: number, sum: AddressSum]> {
    for (const [source, key] of this.#keys) {
      const pane = paneOf(nowMs)
      if (pane - key.pane > 1) this.#keys.delete(source)
      else if (!key.isCrowd) {
        const sum = this.#sumOf(source, key, nowMs)
        if (sum !== undefined) yield [source, sum]
      }
    }
  }

  #sumOf(source: number, key: SharedKey, nowMs: number): AddressSum | undefined {
    const { minAccounts, minExcess, recentOf, personsOf, caughtBeside } = this.#parts
    const present = key.members(this.#parts.generationOf).filter((member) => key.persons(member) > 0)
    if (present.length === 0) return undefined
    const caught = caughtBeside(source, key, present)
    if (present.length + caught < minAccounts) return undefined
    let [here, all, usualPerHour] = [0, 0, 0]
    for (const member of present) {
      here += key.persons(member)
      all += personsOf(key.slots[member] as number, nowMs)
      usualPerHour += key.usualPerHour(member)
    }
    // Whoever is left, or comes back, by an address that a group was found by need not show all of it once more.
    const usual = caught > 0 ? usualIn(usualPerHour, nowMs) : mostUsual(usualPerHour, nowMs)
    const excess = Math.min(here, all - usual)
    const weight = FRESH_WEIGHT * Math.min(MAX_WEIGHT, (present.length + caught) / present.length)
    if (excess * weight < FRESH_WEIGHT * minExcess) return undefined
    const recent = present.map((member) => recentOf?.(key.slots[member] as number, nowMs) ?? NONE)
    const [lookups, fresh] = [
      recent.reduce((sum, each) => sum + each.lookups, 0),
      recent.reduce((sum, each) => sum + each.fresh, 0),
    ]
    if (fresh === 0 || fresh < (caught > 0 ? MEMBER_FRESH_SHARE : FRESH_SHARE) * lookups) return undefined
    const members = present.filter((member, at) => {
      const { lookups: made, fresh: persons } = recent[at] as RecentLookups
      if (persons < MEMBER_FRESH_SHARE * made) return false
      const usual = usualIn(key.usualPerHour(member), nowMs)
      return key.persons(member) >= LEAST_PERSONS && personsOf(key.slots[member] as number, nowMs) > usual
    })
    if (members.length < LEAST_OF_VISITORS * present.length || key.facilities(members) + caught < minAccounts) return undefined
    return { key, members, excess, weight }
  }

  /** The key, moved to the newest once a pane. */
  #keyOf(source: number, pane: number, atMs: number): SharedKey {
    const held = this.#keys.get(source)
    const isIt = held !== undefined && pane - held.pane <= 1
    if (isIt && pane <= held.pane) return held
    if (held !== undefined) this.#keys.delete(source)
    const key = isIt ? held : new SharedKey('source', pane, atMs)
    this.#keys.set(source, key)
    const oldest = this.#keys.size > this.#parts.maxKeys ? this.#keys.keys().next().value : undefined
    if (oldest !== undefined) this.#keys.delete(oldest)
    return key
  }
}

const NONE: RecentLookups = { lookups: 0, fresh: 0 }
