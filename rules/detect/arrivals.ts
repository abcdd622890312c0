import type { AccountPlace, AttributedRequest } from '../requests/attributed-request.ts'
import { type Account, noteSource, twinOf } from './account.ts'
import type { AccountDetails } from './account-details.ts'
import type { AccountTable } from './account-table.ts'
import type { FacilityAddresses } from './facility-addresses.ts'
import { hashOf } from './hash-of.ts'
import type { LogClock } from './log-clock.ts'
import { hasten, NEW_SOURCE_LOOKUPS } from './pace.ts'
import type { Registrations } from './registered-facility.ts'
import type { SavedAccount } from './state/detect-state.ts'

export interface ArrivalParts {
  readonly table: AccountTable
  readonly details: AccountDetails
  readonly clock: LogClock
  readonly addresses: FacilityAddresses
  readonly registrations: Registrations | undefined
  readonly maskAccount: (account: string) => string
}

/** Which account a request is of, and from where it comes: known ones, new ones, and those of before a restart, whose names were masked. */
export class Arrivals {
  readonly #parts: ArrivalParts
  /** Accounts that were saved under a masked name and did not come back yet. */
  readonly masked = new Set<string>()

  constructor(parts: ArrivalParts) {
    this.#parts = parts
  }

  /** The account of a request that names one. */
  accountOf(name: string, request: AttributedRequest): Account {
    return this.#findHeld(name, request.place) ?? this.#admit(name, request)
  }

  /** Where late requests of an account are counted. */
  twinOf(account: Account): Account {
    const { table, clock } = this.#parts
    return this.findTwin(account) ?? table.admit(twinOf(account, twinNameOf(account)), clock.nowMs)
  }

  /** The same, if any were late. */
  findTwin(account: Account): Account | undefined {
    return this.#findHeld(twinNameOf(account))
  }

  /** Takes back an account that was held before a restart. */
  readmit({ name, isMasked, facility, source, older, ...figures }: SavedAccount): Account {
    const { table } = this.#parts
    const account = table.admit(
      { name, facility, dailyVisits: this.#visitsOf(facility), source, ...this.#placeOf(facility, source) },
      0,
    )
    const [prior, ...others] = older
    if (prior !== undefined) {
      const { sourceHash, isForeign } = this.#placeOf(facility, prior)
      account.setPrior(prior, sourceHash, isForeign)
      account.olderSources = others
      account.olderHashes = others.map((ip) => this.#placeOf(facility, ip).sourceHash)
    }
    if (isMasked) this.masked.add(name)
    return Object.assign(account, figures)
  }

  /** The account comes from an address, which may be another one than before. */
  move(account: Account, { ip, atMs }: Pick<AttributedRequest, 'ip' | 'atMs'>): void {
    const { addresses, details } = this.#parts
    const isOther = noteSource(account, ip, atMs, (known, text) => this.#placeOf(known.facility, text).sourceHash)
    // The two that it uses in turn are written down when all rules are asked.
    if (!isOther) return
    // No hash is 0 but that of an address registered for the facility.
    account.isForeign = account.sourceHash !== 0 && addresses.isKnown(account.facility)
    if (account.details === -1 || account.sourceHash === 0) return
    if (!details.noteSource(account.details, account.sourceHash, atMs)) return
    hasten(account)
    account.unjudged += NEW_SOURCE_LOOKUPS
  }

  /** The account, if it is held: by its name, or by the masked one it was saved under. */
  #findHeld(name: string, place?: AccountPlace): Account | undefined {
    const { table, maskAccount } = this.#parts
    const held = table.find(name, place)
    if (held !== undefined || this.masked.size === 0) return held
    const former = maskAccount(name)
    if (!this.masked.delete(former)) return undefined
    const account = table.find(former)
    if (account !== undefined) table.rename(account, name)
    return account
  }

  #admit(name: string, { facility, ip, place }: AttributedRequest): Account {
    const { table, clock } = this.#parts
    const known = { name, facility, dailyVisits: this.#visitsOf(facility), source: ip, ...this.#placeOf(facility, ip) }
    const account = table.admit(known, clock.nowMs)
    if (place !== undefined) place.slot = account.slot
    return account
  }

  #visitsOf(facility: string | undefined): number | undefined {
    return facility === undefined ? undefined : this.#parts.registrations?.get(facility)?.dailyVisits
  }

  #placeOf(facility: string | undefined, ip: string) {
    const isForeign = this.#parts.addresses.isForeign(facility, ip)
    return { isForeign: isForeign === true, sourceHash: isForeign === false ? 0 : hashOf(ip) }
  }
}

function twinNameOf({ name }: Account): string {
  return `${name}\0late`
}
