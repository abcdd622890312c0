import { WEEK_HOURS } from './portal-week.ts'
import { SIZE_CLASSES } from './size-class.ts'

/** Visits by hour of a working day, in thousandths of the day: two peaks, a quiet noon, a few emergencies at night. Holds until peers were seen. */
const WORKING_DAY = [3, 2, 2, 2, 3, 8, 40, 120, 150, 140, 110, 60, 30, 70, 100, 80, 50, 20, 10, 8, 6, 5, 4, 3]
const WORKING_DAY_SUM = WORKING_DAY.reduce((sum, share) => sum + share, 0)
/** Part of a working day's visits that a day has, Monday first. */
const DAY_PARTS = [1, 1, 1, 1, 1, 0.5, 0.3]
/** What peers teach stays within two doublings of what is assumed: no crowd of accounts can teach more. */
const REACH = 2
const FIRST_STEP = 0.25
const LAST_STEP = 0.01
/** Account-hours after which the peers of an hour are fully believed. */
const SURE_HOURS = 400

/**
 * What accounts of one size see by hour of the week, in persons for each registered daily visit: the middle of the group, followed by steps that are the same
 * however far off an account is (Ma, Muthukrishnan, Sandler: "Frugal streaming for estimating quantiles", 2013), so that few accounts move
 * nothing. 10 KB in all.
 */
export class PeerNorms {
  /** Binary logarithms, by class and hour. */
  readonly #logs = Float64Array.from({ length: (SIZE_CLASSES.length + 1) * WEEK_HOURS }, (_, at) => assumedLog(at % WEEK_HOURS))
  readonly #counts = new Uint16Array((SIZE_CLASSES.length + 1) * WEEK_HOURS)

  /** An account with so many daily visits saw so many persons in an hour of the week that is over. */
  learn(sizeClass: number, visits: number, hour: number, persons: number): void {
    const at = sizeClass * WEEK_HOURS + hour
    const count = this.#counts[at] as number
    if (count < 0xffff) this.#counts[at] = count + 1
    const step = Math.max(LAST_STEP, FIRST_STEP / Math.sqrt(1 + count / 10))
    const held = this.#logs[at] as number
    // Half a person more, so that an hour without any has a logarithm.
    const moved = Math.log2((persons + 0.5) / visits) > held ? held + step : held - step
    const assumed = assumedLog(hour)
    this.#logs[at] = Math.min(assumed + REACH, Math.max(assumed - REACH, moved))
  }

  /** Persons that half of the accounts of this size stay below in the hour of the week. */
  middle(sizeClass: number, visits: number, hour: number): number {
    return 2 ** (this.#logs[sizeClass * WEEK_HOURS + hour] as number) * visits
  }

  /** What was learned, to be kept over a restart: each hour's doublings from what is assumed, and how often it was seen. */
  *learned(): Generator<readonly [doublings: number, seen: number]> {
    for (const [at, log] of this.#logs.entries()) yield [log - assumedLog(at % WEEK_HOURS), this.#counts[at] as number]
  }

  /** Takes back what `learned` gave, in that order; what is out of range is brought into it. */
  restore(learned: Iterable<readonly [doublings: number, seen: number]>): void {
    let at = 0
    for (const [doublings, seen] of learned) {
      if (at === this.#logs.length) return
      this.#logs[at] = assumedLog(at % WEEK_HOURS) + Math.min(REACH, Math.max(-REACH, doublings))
      this.#counts[at++] = seen
    }
  }

  /** 0 (assumed) to 1 (seen often). */
  sure(sizeClass: number, hour: number): number {
    return Math.min(1, (this.#counts[sizeClass * WEEK_HOURS + hour] as number) / SURE_HOURS)
  }
}

function assumedLog(hour: number): number {
  const share = ((WORKING_DAY[hour % 24] as number) / WORKING_DAY_SUM) * (DAY_PARTS[Math.floor(hour / 24)] as number)
  return Math.log2(share)
}
