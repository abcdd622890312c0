import type { Block } from '../../rules/addresses/block.ts'
import { covers } from '../../rules/addresses/block-bits.ts'
import type { FacilitiesDocument } from '../../rules/facilities/facilities-document.ts'
import type { GateFacilities } from '../../rules/gate/gate-state.ts'

interface Place {
  readonly province: string
  readonly hosts: Set<string>
  readonly prefixes: Block[]
}

/** Which addresses each facility registered: hosts are looked up, and a facility has few prefixes of its own. */
export function createFacilityPlaces({ rows }: FacilitiesDocument): GateFacilities {
  const places = new Map<string, Place>()
  for (const { block, facilities } of rows) {
    for (const { facility, province } of facilities) {
      const place = places.get(facility) ?? { province, hosts: new Set(), prefixes: [] }
      places.set(facility, place)
      if (block.includes('/')) place.prefixes.push(block)
      else place.hosts.add(block)
    }
  }
  return {
    isOwner(facility, ip) {
      const place = places.get(facility)
      return place !== undefined && (place.hosts.has(ip) || place.prefixes.some((prefix) => covers(prefix, ip as Block)))
    },
    provinceOf: (facility) => places.get(facility)?.province,
  }
}
