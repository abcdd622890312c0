import type { Block } from '../addresses/block.ts'
import { covers } from '../addresses/block-bits.ts'
import type { Registrations } from './registered-facility.ts'

/** Which addresses a facility has, by the registrations. */
export interface FacilityAddresses {
  /** `undefined` where the registrations name no address of the facility. */
  /** Whether they name any. */
  isKnown(facility: string | undefined): boolean
  isForeign(facility: string | undefined, ip: string): boolean | undefined
}

export function createFacilityAddresses(registrations: Registrations | undefined): FacilityAddresses {
  const known = new Map<string, { readonly hosts: ReadonlySet<string>; readonly prefixes: readonly Block[] }>()

  function addressesOf(facility: string) {
    const held = known.get(facility)
    if (held !== undefined) return held
    const addresses = registrations?.get(facility)?.addresses ?? []
    const fresh = {
      hosts: new Set(addresses.filter((address) => !address.includes('/'))),
      prefixes: addresses.filter((address) => address.includes('/')) as Block[],
    }
    known.set(facility, fresh)
    return fresh
  }

  function isKnown(facility: string | undefined): facility is string {
    if (facility === undefined || registrations?.has(facility) !== true) return false
    const { hosts, prefixes } = addressesOf(facility)
    return hosts.size > 0 || prefixes.length > 0
  }

  return {
    isKnown,
    isForeign(facility, ip) {
      if (!isKnown(facility)) return undefined
      const { hosts, prefixes } = addressesOf(facility)
      return !hosts.has(ip) && !prefixes.some((prefix) => covers(prefix, ip as Block))
    },
  }
}
