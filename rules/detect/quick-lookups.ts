import type { LookupLine } from '../requests/lookup-line.ts'
import type { RequestTallies } from '../tallies/request-tallies.ts'
import type { AccountTable } from './account-table.ts'
import { FLAG, HOT, rowOf } from './hot-rows.ts'
import { type LogClock, MAX_LATE_MS } from './log-clock.ts'
import type { LookupCounter } from './lookup-counter.ts'
import { isWeighed, JUDGE_HELD_LOOKUPS, JUDGE_LOOKUPS, LATE_REQUESTS } from './pace.ts'
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
  /** Before this time of the log nothing comes to pass by itself, milliseconds since 1970. */
  quietUntilMs(): number
}

export interface QuickParts {
  readonly table: AccountTable
  readonly counters: SlidingCounters
  readonly counter: LookupCounter
  readonly memory: SubjectMemory
  readonly clock: LogClock
  readonly steps: StepWatch
  readonly tallies: RequestTallies | undefined
}

/**
 * The quick way of most look-ups, which change a few numbers and tip nothing: no object is made, and of the account one row is read. It takes a line only where the
 * whole way would do just that; all else it leaves, untouched, to the whole way: an account that is not held, another address, a registered facility's
 * account from elsewhere, a rule that may have something to say, a time at which something comes to pass.
 */
export class QuickLookups {
  readonly #parts: QuickParts
  readonly #limits: QuickLimits
  /** What was looked at, of no meaning: what is kept nowhere the engine need not fetch. */
  glanced = 0
  readonly #subject: SubjectHash = { high: 0, low: 0 }

  constructor(parts: QuickParts, limits: QuickLimits) {
    this.#parts = parts
    this.#limits = limits
  }

  /**
   * Looks at what is known of these accounts, one after the other, so that the processor fetches all of it at the same time: most of what a look-up takes is waiting for
   * memory.
   */
  expect(accounts: Int32Array, count: number): void {
    const { table, counters, steps } = this.#parts
    let seen = 0
    for (let line = 0; line < count; line++) {
      const account = accounts[line] as number
      const slot = account < 0 ? -1 : table.findFacility(account)
      if (slot < 0) continue
      seen ^= table.rows.pageOf(slot)[rowOf(slot)] as number
      seen ^= counters.glance(slot) ^ steps.glance(slot)
    }
    this.glanced = seen
  }

  /** Counts a line; `false`: it was left as it is. */
  take(line: LookupLine): boolean {
    const { table, clock } = this.#parts
    const { atMs, address } = line
    const slot = line.facilityAccount >= 0 ? table.findFacility(line.facilityAccount) : table.findNamed(line.named)
    if (slot < 0 || !this.#isQuietAt(atMs)) return false
    const row = table.rows.pageOf(slot)
    const at = rowOf(slot)
    const flags = row[at + HOT.flags] as number
    let newest = flags & FLAG.newest
    const isTurned = row[at + HOT.addresses + newest] !== address
    if (isTurned) newest ^= 1
    if (row[at + HOT.addresses + newest] !== address || (flags & (FLAG.foreign << newest)) !== 0) return false
    if (!this.#isCalm(row, at, flags, atMs) || (this.#limits.comparesGrants && line.class !== 'lookup')) return false
    clock.see(atMs)
    if (isTurned) {
      row[at + HOT.flags] = flags ^ FLAG.newest
      row[at + HOT.sinceS + newest] = Math.floor(atMs / 1000)
    }
    this.#count(line, slot, row, at)
    return true
  }

  /** Whether the log's clock neither jumps nor reaches a time at which something comes to pass. */
  #isQuietAt(atMs: number): boolean {
    const { nowMs } = this.#parts.clock
    return Math.max(atMs, nowMs) < this.#limits.quietUntilMs() && atMs >= nowMs - MAX_LATE_MS && nowMs > 0
  }

  /** Whether no rule is to be asked after one more look-up of the account. */
  #isCalm(row: Int32Array, at: number, flags: number, atMs: number): boolean {
    const most = (flags & FLAG.held) === 0 ? JUDGE_LOOKUPS : JUDGE_HELD_LOOKUPS
    if ((row[at + HOT.unjudged] as number) + 1 >= most || (row[at + HOT.room] as number) < 1) return false
    if ((row[at + HOT.lates] as number) + 1 >= LATE_REQUESTS) return false
    const isAsked = row[at + HOT.details] !== -1 || this.#limits.looksAtLight
    return !isAsked || atMs < ((row[at + HOT.judgeAtS] as number) >>> 0) * 1000
  }

  #count(line: LookupLine, slot: number, row: Int32Array, at: number): void {
    const { table, counters, counter, memory, tallies } = this.#parts
    const { atMs } = line
    let kind: 'newSubjects' | 'repeats' | undefined
    if (line.hasSubject) {
      subjectHashOfWords(line.subject, this.#subject)
      kind = memory.recall(slot, this.#subject.low, atMs) ? 'repeats' : 'newSubjects'
    }
    const account = tallies === undefined ? undefined : table.at(slot)
    if (tallies !== undefined && account !== undefined)
      tallies.noteAnswered(account, atMs, line.class, kind === undefined ? undefined : this.#subject, kind === 'newSubjects')
    counter.count(slot, row, at, atMs, kind, kind === undefined ? 0 : line.subjectBlock)
    const requests = ((row[at + HOT.requests] as number) >>> 0) + 1
    row[at + HOT.requests] = requests
    if (isWeighed(requests)) table.useSlot(slot, counters.weight(slot))
  }
}
