import type { Block } from '../addresses/block.ts'
import { covers } from '../addresses/block-bits.ts'
import type { Registrations } from './registered-facility.ts'

/** Which addresses a facility has, by the registrations. */
export interface FacilityAddresses {
  /** Whether they name any. */
  isKnown(facility: string | undefined): boolean
  /** `undefined` where they name none. */
  isForeign(facility: string | undefined, ip: string): boolean | undefined
}

export function createFacilityAddresses(registrations: Registrations | undefined): FacilityAddresses {
  const addressesOf = (facility: string | undefined): readonly string[] =>
    (facility === undefined ? undefined : registrations?.get(facility)?.addresses) ?? []

  return {
    isKnown: (facility) => addressesOf(facility).length > 0,
    isForeign(facility, ip) {
      const addresses = addressesOf(facility)
      if (addresses.length === 0) return undefined
      // Asked only of addresses that an account did not use lately.
      return !addresses.some((address) => address === ip || (address.includes('/') && covers(address as Block, ip as Block)))
    },
  }
}
