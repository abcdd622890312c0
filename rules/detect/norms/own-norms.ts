import { countOf, levelOf } from './level-code.ts'
import { hourOfWeek, WEEK_HOURS } from './portal-week.ts'

const PAGE_ROWS = 256
const WORKING_HOURS = 120
const DAYS_BEFORE = 6
/** An account that never has so many persons in an hour needs no norm of its own: the slack covers it. */
const WORTH_A_ROW = 4
/** Steps of `levelOf` that an hour may move its level, by weeks since the account began. The last one holds from then on: 5.9 % a week. */
const STEPS = [12, 12, 6, 3, 1]

interface Page {
  readonly levels: Uint8Array
  /** First hour taught, since 1970. */
  readonly since: Uint32Array
  /** The hours of the last day that was added up, and its sum. */
  readonly dayHours: Uint32Array
  readonly daySums: Float32Array
}

/**
 * What each account itself used to see by hour of the week: one byte an hour, moved towards what it saw by steps that do not grow with the distance, so that a
 * level follows the median of its weeks and one wild week changes as little as one busy one. 184 bytes for an account that once saw four
 * persons in an hour, nothing for the others; accounts beyond `maxAccounts` have no own norm.
 */
export class OwnNorms {
  readonly #pages: Page[] = []
  readonly #rows = new Map<number, number>()
  readonly #free: number[] = []
  readonly #maxAccounts: number
  readonly #sameHours = new Uint8Array(5)
  #used = 0

  constructor(maxAccounts: number) {
    this.#maxAccounts = maxAccounts
  }

  /** Accounts with an own norm. */
  get size(): number {
    return this.#rows.size
  }

  /** An hour is over. `ceiling`: no level rises above what this many persons give. `hour`: since 1970; `lived`: of the week. */
  learn(slot: number, hour: number, lived: number, persons: number, ceiling: number): void {
    const row = this.#rows.get(slot) ?? (persons >= WORTH_A_ROW ? this.#admit(slot, hour) : -1)
    if (row < 0) return
    const page = this.#pageOf(row)
    const at = (row % PAGE_ROWS) * WEEK_HOURS + lived
    const held = page.levels[at] as number
    const seen = Math.min(levelOf(persons), levelOf(ceiling))
    const step = STEPS[Math.min(STEPS.length - 1, this.#weeks(page, row, hour))] as number
    page.levels[at] = held === 0 ? seen : held + Math.max(-step, Math.min(step, seen - held))
    page.dayHours[row % PAGE_ROWS] = 0
  }

  /** Whole weeks since the account's first lesson; -1 if it has had none. */
  weeks(slot: number, hour: number): number {
    const row = this.#rows.get(slot)
    return row === undefined ? -1 : this.#weeks(this.#pageOf(row), row, hour)
  }

  /** Persons usual in an hour of the week; `otherwise` where the hour was never taught. On working days no less than in the middle one of the five. */
  usual(slot: number, lived: number, otherwise: number): number {
    const row = this.#rows.get(slot)
    if (row === undefined) return otherwise
    const { levels } = this.#pageOf(row)
    const start = (row % PAGE_ROWS) * WEEK_HOURS
    const own = levels[start + lived] as number
    const level = lived < WORKING_HOURS ? Math.max(own, this.#middle(levels, start + (lived % 24))) : own
    return level === 0 ? otherwise : countOf(level)
  }

  /**
   * The most persons in a span of `hours` (1 or 24, by the clock) of the six days before the day of `hour`; 0 where it has had no lesson. Of a day whose lessons are
   * older than the account's first one nothing is known.
   */
  mostBefore(slot: number, hour: number, hours: 1 | 24): number {
    const row = this.#rows.get(slot)
    if (row === undefined) return 0
    const { levels, since } = this.#pageOf(row)
    const start = (row % PAGE_ROWS) * WEEK_HOURS
    const midnight = hour - (hour % 24)
    const from = Math.max(midnight - DAYS_BEFORE * 24, since[row % PAGE_ROWS] as number)
    let [most, sum] = [0, 0]
    for (let at = from; at < midnight; at++) {
      if (at % hours === 0) sum = 0
      sum += countOf(levels[start + hourOfWeek(at)] as number)
      most = Math.max(most, sum)
    }
    return most
  }

  /** The sum of a day that was kept for this hour, or -1. */
  dayKept(slot: number, hour: number): number {
    const row = this.#rows.get(slot)
    if (row === undefined) return -1
    const { dayHours, daySums } = this.#pageOf(row)
    return dayHours[row % PAGE_ROWS] === hour ? (daySums[row % PAGE_ROWS] as number) : -1
  }

  /** Keeps the sum of a day until the next lesson. */
  keepDay(slot: number, hour: number, sum: number): void {
    const row = this.#rows.get(slot)
    if (row === undefined) return
    const { dayHours, daySums } = this.#pageOf(row)
    dayHours[row % PAGE_ROWS] = hour
    daySums[row % PAGE_ROWS] = sum
  }

  /** Forgets an account. */
  clear(slot: number): void {
    const row = this.#rows.get(slot)
    if (row === undefined) return
    this.#rows.delete(slot)
    this.#free.push(row)
  }

  /** The levels of an account, for its memory; `undefined` if it has none. */
  levelsOf(slot: number): { readonly sinceHour: number; readonly levels: Uint8Array } | undefined {
    const row = this.#rows.get(slot)
    if (row === undefined) return undefined
    const { levels, since } = this.#pageOf(row)
    const start = (row % PAGE_ROWS) * WEEK_HOURS
    return { sinceHour: since[row % PAGE_ROWS] as number, levels: levels.slice(start, start + WEEK_HOURS) }
  }

  /** Gives an account the levels it had before a restart; any byte is a level. Nothing happens if there is no room or they are not 168. */
  restore(slot: number, sinceHour: number, levels: Uint8Array): void {
    if (levels.length !== WEEK_HOURS) return
    const row = this.#rows.get(slot) ?? this.#admit(slot, sinceHour)
    if (row < 0) return
    const page = this.#pageOf(row)
    page.levels.set(levels, (row % PAGE_ROWS) * WEEK_HOURS)
    page.since[row % PAGE_ROWS] = sinceHour
  }

  #weeks(page: Page, row: number, hour: number): number {
    return Math.max(0, Math.floor((hour - (page.since[row % PAGE_ROWS] as number)) / WEEK_HOURS))
  }

  /** The middle one of the five working days at an hour of the day; untaught ones count as nothing. */
  #middle(levels: Uint8Array, at: number): number {
    for (let day = 0; day < 5; day++) this.#sameHours[day] = levels[at + day * 24] as number
    return this.#sameHours.sort()[2] as number
  }

  #admit(slot: number, hour: number): number {
    const row = this.#free.pop() ?? (this.#used < this.#maxAccounts ? this.#used++ : -1)
    if (row < 0) return row
    if (row >= this.#pages.length * PAGE_ROWS) this.#pages.push(createPage())
    const page = this.#pageOf(row)
    const local = row % PAGE_ROWS
    page.levels.fill(0, local * WEEK_HOURS, (local + 1) * WEEK_HOURS)
    page.since[local] = hour
    page.dayHours[local] = 0
    this.#rows.set(slot, row)
    return row
  }

  #pageOf(row: number): Page {
    return this.#pages[Math.floor(row / PAGE_ROWS)] as Page
  }
}

function createPage(): Page {
  return {
    levels: new Uint8Array(PAGE_ROWS * WEEK_HOURS),
    since: new Uint32Array(PAGE_ROWS),
    dayHours: new Uint32Array(PAGE_ROWS),
    daySums: new Float32Array(PAGE_ROWS),
  }
}
