/** Sizes of facilities by visits on an ordinary day, smallest first. */
export const SIZE_CLASSES = [
  { name: 'station', upToVisits: 30, vi: 'trạm y tế xã', en: 'commune station' },
  { name: 'clinic', upToVisits: 150, vi: 'phòng khám', en: 'clinic' },
  { name: 'district', upToVisits: 700, vi: 'bệnh viện huyện', en: 'district hospital' },
  { name: 'province', upToVisits: 3_000, vi: 'bệnh viện tỉnh', en: 'provincial hospital' },
  { name: 'national', upToVisits: Number.POSITIVE_INFINITY, vi: 'bệnh viện tuyến trung ương', en: 'national hospital' },
] as const

/** The class of a facility that is not registered with its visits. */
export const UNKNOWN_SIZE = SIZE_CLASSES.length

/** Number of a facility's size class; `UNKNOWN_SIZE` where nobody said. */
export function sizeClassOf(dailyVisits: number | undefined): number {
  if (dailyVisits === undefined) return UNKNOWN_SIZE
  return SIZE_CLASSES.findIndex(({ upToVisits }) => dailyVisits <= upToVisits)
}
