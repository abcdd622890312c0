import type { Registrations } from '../../../rules/detect/registered-facility.ts'
import { createRandom } from './random.ts'

/** A made-up facility: its code, how many visits a day it has, and the address it calls from. */
export interface ScenarioFacility {
  readonly code: string
  readonly account: string
  readonly dailyVisits: number
  readonly ip: string
}

const MEDIAN_VISITS = 10
const SIGMA = 1.75
const MAX_VISITS = 10_000

/**
 * `count` facilities with sizes as in the country: log-normal, most of them small. The first `largest` of them have the size of the
 * largest hospitals.
 */
export function makeFacilities(seed: number, count: number, largest = 0): ScenarioFacility[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, (_, number) => {
    const drawn = Math.round(MEDIAN_VISITS * Math.exp(SIGMA * random.normal()))
    const dailyVisits = number < largest ? MAX_VISITS : Math.min(MAX_VISITS, Math.max(1, drawn))
    const code = String(1_000 + number).padStart(5, '0')
    return { code, account: `${code}_BV`, dailyVisits, ip: `14.${200 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}` }
  })
}

/** What the registrations would say of them. */
export function registrationsOf(facilities: readonly ScenarioFacility[]): Registrations {
  return new Map(facilities.map(({ code, dailyVisits, ip }) => [code, { dailyVisits, addresses: [ip] }]))
}
