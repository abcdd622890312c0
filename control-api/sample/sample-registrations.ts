import type { RegistrationOrder } from '../registrations/registration.ts'
import { createSampleBlocks } from './sample-blocks.ts'
import { type SampleFacility, sampleFacilities } from './sample-facilities.ts'
import { createSampleRandom } from './sample-random.ts'

export interface SampleSize {
  readonly facilities: number
  /** Registrations in all; each facility has at least one. */
  readonly addresses: number
}

export interface Sample {
  readonly facilities: readonly SampleFacility[]
  readonly orders: readonly RegistrationOrder[]
}

/** As many facilities and addresses as the country has. */
export const SAMPLE_SIZE: SampleSize = { facilities: 13_000, addresses: 25_000 }

const SHARED_SHARE = 0.003
const DISPATCH = '01/MAU-CNTT'

/** A made-up country: facilities with one address or a few, some of them shared by exception. The same seed gives the same country; nobody real is in it. */
export function sampleRegistrations(seed: number, size: SampleSize, atMs: number): Sample {
  const random = createSampleRandom(seed)
  const facilities = sampleFacilities(random, size.facilities, atMs)
  const nextBlock = createSampleBlocks(random)
  const orders: RegistrationOrder[] = []
  const add = (facility: SampleFacility, isShared: boolean): void => {
    const other = isShared ? orders[random.below(orders.length)] : undefined
    const shares = other !== undefined && other.facility !== facility.code && other.sharedReason === null
    const { block, carrier } = shares ? other : nextBlock()
    orders.push({
      facility: facility.code,
      facilityName: facility.name,
      province: facility.province,
      block,
      carrier,
      place: `Cơ sở mẫu ${facility.code}`,
      note: '',
      dispatch: DISPATCH,
      effectiveFromMs: atMs,
      effectiveUntilMs: null,
      sharedReason: shares ? `Dùng chung máy chủ với đơn vị ${other.facility} (mẫu)` : null,
    })
  }
  for (const facility of facilities.slice(0, size.addresses)) add(facility, false)
  const pick = createWeightedPick(facilities)
  while (orders.length < size.addresses && facilities.length > 0) add(pick(random.share()), random.share() < SHARED_SHARE * 2)
  return { facilities, orders }
}

/** Picks facilities in proportion to the root of their visits: large ones have more addresses, but not thousands. */
function createWeightedPick(facilities: readonly SampleFacility[]): (share: number) => SampleFacility {
  const sums: number[] = []
  let total = 0
  for (const facility of facilities) {
    total += Math.sqrt(facility.dailyVisits)
    sums.push(total)
  }
  return (share) => {
    const wanted = share * total
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    const found = facilities[low]
    if (found === undefined) throw new RangeError('there are no facilities to pick from')
    return found
  }
}
