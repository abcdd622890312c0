/** The portal's zone: UTC+7, without daylight saving since 1979. */
const PORTAL_OFFSET_MS = 7 * 3_600_000
const HOUR_MS = 3_600_000
/** 1970-01-01 was a Thursday. */
const HOURS_BEFORE_MONDAY = 72
const SUNDAY = 6 * 24
/** A working day within so many days after two or more closed days in a row brings those who waited. */
const RETURN_DAYS = 2

export const WEEK_HOURS = 168

/** Whole hours since 1970 in the portal's zone. */
export function portalHour(atMs: number): number {
  return Math.floor((atMs + PORTAL_OFFSET_MS) / HOUR_MS)
}

/** 0 is Monday from midnight to one. */
export function hourOfWeek(hour: number): number {
  return (hour + HOURS_BEFORE_MONDAY) % WEEK_HOURS
}

/** The week as facilities live it: a public holiday is a Sunday. */
export class PortalWeek {
  readonly #holidays: ReadonlySet<number>

  constructor(holidays: ReadonlySet<number>) {
    this.#holidays = holidays
  }

  /** The hour of the week (0 to 167) whose habits an hour since 1970 follows. */
  hourLived(hour: number): number {
    return this.isHoliday(hour) ? SUNDAY + (hour % 24) : hourOfWeek(hour)
  }

  isHoliday(hour: number): boolean {
    return this.#holidays.has(Math.floor(hour / 24))
  }

  /** True on the first two working days after a holiday: what waited comes in. */
  isReturn(hour: number): boolean {
    let day = Math.floor(hour / 24)
    if (this.#isClosed(day)) return false
    for (let back = 1; back <= RETURN_DAYS; back++) {
      day--
      if (!this.#isClosed(day)) continue
      while (this.#isClosed(day)) {
        if (this.#holidays.has(day)) return true
        day--
      }
      return false
    }
    return false
  }

  #isClosed(day: number): boolean {
    return this.#holidays.has(day) || hourOfWeek(day * 24) >= SUNDAY - 24
  }
}
