import type { LinesAhead, LookupLine } from '../requests/lookup-line.ts'
import { LINES } from '../requests/wasm/line-layout.ts'
import type { RequestTallies } from '../tallies/request-tallies.ts'
import type { AccountTable } from './account-table.ts'
import type { Arrivals } from './arrivals.ts'
import type { EventCounter } from './event-counter.ts'
import { FLAG, HOT, rowOf } from './hot-rows.ts'
import { isAnswered, isSameMiss, type Miss, missOf } from './is-lookup.ts'
import { type LogClock, MAX_LATE_MS } from './log-clock.ts'
import type { LookupCounter } from './lookup-counter.ts'
import { isWeighed, JUDGE_HELD_LOOKUPS, JUDGE_LOOKUPS, LATE_REQUESTS } from './pace.ts'
import type { PassingTime } from './passing-time.ts'
import { type SubjectHash, subjectHashOfWords } from './sketches/subject-hash.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import type { StepWatch } from './step-watch.ts'
import type { SubjectMemory } from './subject-memory.ts'

/** What the whole way does at times, and this one leaves to it. */
export interface QuickLimits {
  /** Whether all rules are asked after a while also of accounts without details. */
  readonly looksAtLight: boolean
  /** Whether histories and records are compared with grants. */
  readonly comparesGrants: boolean
}

export interface QuickParts {
  readonly table: AccountTable
  readonly arrivals: Arrivals
  readonly counters: SlidingCounters
  readonly counter: LookupCounter
  readonly events: EventCounter
  readonly memory: SubjectMemory
  readonly clock: LogClock
  readonly time: PassingTime
  readonly steps: StepWatch
  readonly tallies: RequestTallies | undefined
}

/**
 * The quick way of most lines, which change a few numbers and tip nothing: no object is made, and of the account one row is read. It takes a line only where the
 * whole way would do just that; all else it leaves, untouched, to the whole way: an account that is not held, an address that a busy account did not use lately or that is not
 * its facility's, a rule that may have something to say, a time at which something comes to pass.
 */
export class QuickLookups {
  readonly #parts: QuickParts
  readonly #limits: QuickLimits
  /** What was looked at, of no meaning: what is kept nowhere the engine need not fetch. */
  glanced = 0
  /** Of the lines ahead: where their accounts were, and the hashes of their persons. */
  readonly #slots = new Int32Array(LINES)
  readonly #highs = new Int32Array(LINES)
  readonly #lows = new Int32Array(LINES)
  readonly #subject: SubjectHash = { high: 0, low: 0 }

  constructor(parts: QuickParts, limits: QuickLimits) {
    this.#parts = parts
    this.#limits = limits
  }

  /**
   * Looks at what is known of these accounts, one after the other, so that the processor fetches all of it at the same time: most of what a look-up takes is waiting for
   * memory. Nothing is decided by what is looked at: a wrong guess would have the processor begin anew.
   */
  expect(ahead: LinesAhead, count: number): void {
    const { table, counters, steps } = this.#parts
    const { accounts, named } = ahead
    const slots = this.#slots
    let seen = 0
    for (let line = 0; line < count; line++) {
      const account = accounts[line] as number
      const slot = account < 0 ? table.guessNamed(named[line]) : table.findFacility(account)
      slots[line] = slot
      if (slot < 0) continue
      seen ^= table.rows.pageOf(slot)[rowOf(slot)] as number
      seen ^= counters.glance(slot) ^ steps.glance(slot)
    }
    this.glanced = ahead.told > 0 ? seen ^ this.#expectPersons(ahead, count) : seen
  }

  /** Takes a line; `false`: it was left as it is. */
  take(line: LookupLine): boolean {
    const { table, clock } = this.#parts
    const { atMs } = line
    if (!this.#isQuietAt(atMs)) return false
    if (line.class === 'token') {
      clock.see(atMs)
      return true
    }
    const slot = line.facilityAccount >= 0 ? table.findFacility(line.facilityAccount) : table.findNamed(line.named)
    if (slot < 0) return false
    const row = table.rows.pageOf(slot)
    const at = rowOf(slot)
    const isCounted = isAnswered(line)
    const miss = missOf(line)
    if ((isCounted && !this.#hasRoom(row, at)) || this.#isDue(row, at, atMs)) return false
    if (this.#limits.comparesGrants && line.class !== 'lookup') return false
    // Whoever is under an action and asks on, refused, is for the rules to see.
    if (!isCounted && ((row[at + HOT.flags] as number) & FLAG.held) !== 0) return false
    if (!this.#comesFromKnown(row, at, line) || !this.#isHarmless(row, at, miss)) return false
    clock.see(atMs)
    this.#count(line, slot, row, at, isCounted, miss)
    return true
  }

  /** The same of the persons. */
  #expectPersons({ areTold, highs, lows }: LinesAhead, count: number): number {
    const { memory } = this.#parts
    const subject = this.#subject
    let seen = 0
    for (let line = 0; line < count; line++) {
      if (areTold[line] !== 1) continue
      subject.high = highs[line] as number
      subject.low = lows[line] as number
      subjectHashOfWords(subject, subject)
      this.#highs[line] = subject.high
      this.#lows[line] = subject.low
      const slot = this.#slots[line] as number
      if (slot >= 0) seen ^= memory.glance(slot, subject.low)
    }
    return seen
  }

  /** Whether the log's clock neither jumps nor reaches a time at which something comes to pass. */
  #isQuietAt(atMs: number): boolean {
    const { clock, time } = this.#parts
    const { nowMs } = clock
    return Math.max(atMs, nowMs) < time.quietUntilMs && atMs >= nowMs - MAX_LATE_MS && nowMs > 0
  }

  /** Whether no rule is to be asked after one more look-up of the account, however fast they come. */
  #hasRoom(row: Int32Array, at: number): boolean {
    const most = ((row[at + HOT.flags] as number) & FLAG.held) === 0 ? JUDGE_LOOKUPS : JUDGE_HELD_LOOKUPS
    if ((row[at + HOT.unjudged] as number) + 1 >= most || (row[at + HOT.room] as number) < 1) return false
    return (row[at + HOT.lates] as number) + 1 < LATE_REQUESTS
  }

  /** Whether it is time to ask all rules. */
  #isDue(row: Int32Array, at: number, atMs: number): boolean {
    const isAsked = row[at + HOT.details] !== -1 || this.#limits.looksAtLight
    return isAsked && atMs >= ((row[at + HOT.judgeAtS] as number) >>> 0) * 1000
  }

  /** Of an account with details it is counted from where it comes, unless that is one of its last two addresses and its facility's. */
  #comesFromKnown(row: Int32Array, at: number, { address }: LookupLine): boolean {
    if (row[at + HOT.details] === -1) return true
    const flags = row[at + HOT.flags] as number
    const newest = flags & FLAG.newest
    const place = row[at + HOT.addresses + newest] === address ? newest : newest ^ 1
    return row[at + HOT.addresses + place] === address && (flags & (FLAG.foreign << place)) === 0
  }

  /** Whether a miss, if it is one, has no rule asked sooner. */
  #isHarmless(row: Int32Array, at: number, miss: Miss): boolean {
    const place = row[at + HOT.details] as number
    return miss === undefined || place === -1 || !this.#parts.events.isNearFloor(place, miss)
  }

  /** Makes the address the newest one. */
  #move(line: LookupLine, slot: number, row: Int32Array, at: number): void {
    const flags = row[at + HOT.flags] as number
    const newest = flags & FLAG.newest
    if (row[at + HOT.addresses + newest] === line.address) return
    if (row[at + HOT.addresses + (newest ^ 1)] === line.address) {
      row[at + HOT.flags] = flags ^ FLAG.newest
      row[at + HOT.sinceS + (newest ^ 1)] = Math.floor(line.atMs / 1000)
      return
    }
    const account = this.#parts.table.at(slot)
    if (account !== undefined) this.#parts.arrivals.move(account, line)
  }

  #count(line: LookupLine, slot: number, row: Int32Array, at: number, isCounted: boolean, miss: Miss): void {
    const { table, counters, counter, events, memory, tallies } = this.#parts
    const { atMs } = line
    this.#move(line, slot, row, at)
    const low = line.hasSubject ? (this.#lows[line.ahead] as number) : undefined
    const place = row[at + HOT.details] as number
    if (miss !== undefined && place !== -1) events.countMiss(slot, place, miss, isSameMiss(line), low, atMs)
    const kind = !isCounted || low === undefined ? undefined : memory.recall(slot, low, atMs) ? 'repeats' : 'newSubjects'
    if (tallies !== undefined) this.#tell(tallies, line, slot, isCounted, miss, kind)
    if (isCounted) counter.count(slot, row, at, atMs, kind, kind === undefined ? 0 : line.subjectBlock)
    const requests = ((row[at + HOT.requests] as number) >>> 0) + 1
    row[at + HOT.requests] = requests
    if (isWeighed(requests)) table.useSlot(slot, counters.weight(slot))
  }

  #tell(
    tallies: RequestTallies,
    line: LookupLine,
    slot: number,
    isCounted: boolean,
    miss: Miss,
    kind: 'newSubjects' | 'repeats' | undefined,
  ): void {
    const account = this.#parts.table.at(slot)
    if (account === undefined) return
    if (miss === 'misses' && !(kind === 'repeats' && isSameMiss(line))) tallies.noteMiss(account, line.atMs)
    if (!isCounted) {
      tallies.noteRefused(account, line.atMs)
      return
    }
    this.#subject.high = this.#highs[line.ahead] as number
    this.#subject.low = this.#lows[line.ahead] as number
    tallies.noteAnswered(account, line.atMs, line.class, kind === undefined ? undefined : this.#subject, kind === 'newSubjects')
  }
}
