/** First day of Tết (mùng 1) by year, in Vietnam: the day of the new moon at UTC+7, which is not China's in 2027 and 2030. */
const TET: Readonly<Record<number, string>> = {
  2024: '02-10',
  2025: '01-29',
  2026: '02-17',
  2027: '02-06',
  2028: '01-26',
  2029: '02-13',
  2030: '02-02',
  2031: '01-23',
  2032: '02-11',
  2033: '01-31',
  2034: '02-19',
  2035: '02-08',
  2036: '01-28',
  2037: '02-15',
  2038: '02-04',
  2039: '01-24',
  2040: '02-12',
}

/** Commemoration of the Hùng Kings (10th of the third lunar month) by year. */
const HUNG_KINGS: Readonly<Record<number, string>> = {
  2024: '04-18',
  2025: '04-07',
  2026: '04-26',
  2027: '04-16',
  2028: '04-04',
  2029: '04-23',
  2030: '04-12',
  2031: '04-01',
  2032: '04-19',
  2033: '04-09',
  2034: '04-28',
  2035: '04-17',
  2036: '04-06',
  2037: '04-24',
  2038: '04-13',
  2039: '04-03',
  2040: '04-20',
}

/** New Year, Reunification Day and the day after, National Day and the day before (Bộ luật Lao động 2019, art. 112). */
const FIXED = ['01-01', '04-30', '05-01', '09-01', '09-02']
/** Offices close from two days before Tết to the fifth day of it. */
const TET_FROM = -2
const TET_TO = 4
const DAY_MS = 86_400_000

/** Public holidays of 2024 to 2040 as days since 1970 in the portal's zone, without those the government shifts by a yearly decision. */
export function publicHolidays(): ReadonlySet<number> {
  const days = new Set<number>()
  for (const [year, tet] of Object.entries(TET)) {
    for (const day of [...FIXED, HUNG_KINGS[Number(year)] ?? '01-01']) days.add(dayOf(`${year}-${day}`))
    for (let after = TET_FROM; after <= TET_TO; after++) days.add(dayOf(`${year}-${tet}`) + after)
  }
  return days
}

/** Days since 1970 of a date `2026-02-17`. */
export function dayOf(date: string): number {
  return Date.parse(date) / DAY_MS
}
