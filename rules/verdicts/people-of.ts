import type { TallySum } from '../tallies/tally-sum.ts'

/** Distinct persons of the look-ups that tell one. An estimate is never more than what it was made of. */
export function personsTold(sum: TallySum): number {
  return Math.min(sum.persons(), sum.counts.lookups - sum.untold)
}

/** Persons, as well as they can be told: those named, and a share of the look-ups that name nobody. */
export function peopleOf(sum: TallySum, lookupsPerPerson: number): number {
  return personsTold(sum) + sum.untold / lookupsPerPerson
}
