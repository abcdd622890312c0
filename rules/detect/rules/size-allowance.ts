import type { DetectPolicy } from '../detect-policy.ts'
import type { Figures } from './rule.ts'

/** Persons that a facility of the account's size may have at most, its extraordinary days included. 0 where its size is not registered. */
export type SizeAllowance = (window: '1h' | '24h', number: number, figures: Figures) => number

/**
 * Extraordinary days: a hospital checks the claims of a month again at its end; a station vaccinates or examines hundreds in a day, and
 * looks most of them up more than once, which somebody who only collects does not.
 */
export function createSizeAllowance({ peers }: DetectPolicy): SizeAllowance {
  return (window, number, figures) => {
    const visits = figures.dailyVisits
    if (visits === undefined) return 0
    const isHospital = visits >= peers.hospitalFrom
    if (window === '1h') return peers.atLeast1h + (isHospital ? peers.hospitalPerDailyVisit1h : peers.perDailyVisit1h) * visits
    const share = isHospital ? peers.hospitalPerDailyVisit24h : peers.perDailyVisit24h
    return (doesRepeat(figures, number, peers.campNewShare) ? peers.campPersons : peers.atLeast24h) + share * visits
  }
}

/** Persons are looked up more than once; or nobody can tell. */
export function doesRepeat(figures: Figures, number: number, newShare: number): boolean {
  return figures.subjects(number) < newShare * figures.lookups(number)
}
