/**
 * Sizes of facilities by visits on an ordinary day, smallest first. `recheck`: how many times its daily visits a facility may check again in
 * one go: all inpatients at night, all claims of the month at its end.
 */
export const SIZE_CLASSES = [
  { name: 'station', recheck: 0.5, upToVisits: 30, vi: 'trạm y tế xã', en: 'commune station' },
  { name: 'clinic', recheck: 0.5, upToVisits: 150, vi: 'phòng khám', en: 'clinic' },
  { name: 'district', recheck: 1, upToVisits: 700, vi: 'bệnh viện huyện', en: 'district hospital' },
  { name: 'province', recheck: 2, upToVisits: 3_000, vi: 'bệnh viện tỉnh', en: 'provincial hospital' },
  {
    name: 'national',
    recheck: 3,
    upToVisits: Number.POSITIVE_INFINITY,
    vi: 'bệnh viện tuyến trung ương',
    en: 'national hospital',
  },
] as const

/** The class of a facility that is not registered with its visits. */
export const UNKNOWN_SIZE = SIZE_CLASSES.length

/** Number of a facility's size class; `UNKNOWN_SIZE` where nobody said. */
export function sizeClassOf(dailyVisits: number | undefined): number {
  if (dailyVisits === undefined) return UNKNOWN_SIZE
  return SIZE_CLASSES.findIndex(({ upToVisits }) => dailyVisits <= upToVisits)
}

/** Persons a facility with so many daily visits may check again in one go. */
export function recheckOf(dailyVisits: number): number {
  return dailyVisits * (SIZE_CLASSES[sizeClassOf(dailyVisits)]?.recheck ?? 0)
}
