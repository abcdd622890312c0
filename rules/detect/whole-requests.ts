import type { AttributedRequest } from '../requests/attributed-request.ts'
import type { RequestTallies } from '../tallies/request-tallies.ts'
import type { Account } from './account.ts'
import type { AccountDetails } from './account-details.ts'
import type { AccountFigures } from './account-figures.ts'
import type { AccountTable } from './account-table.ts'
import type { Arrivals } from './arrivals.ts'
import type { Verdict } from './detector.ts'
import type { EventCounter } from './event-counter.ts'
import { rowOf } from './hot-rows.ts'
import { isAnswered, isLookup } from './is-lookup.ts'
import type { Judge } from './judge.ts'
import type { LogClock } from './log-clock.ts'
import type { LookupCounter } from './lookup-counter.ts'
import { createNorm } from './norms/norm.ts'
import type { Norms } from './norms/norms.ts'
import { DETAILS_FROM, isWeighed, JUDGE_HELD_LOOKUPS, JUDGE_LIGHT_S, JUDGE_LOOKUPS, LATE_REQUESTS, pauseS } from './pace.ts'
import { hourOfDay, portalDay } from './portal-day.ts'
import { readSubjectHash, type SubjectHash } from './sketches/subject-hash.ts'
import type { SlidingCounters } from './sliding-counters.ts'
import type { SubjectMemory } from './subject-memory.ts'
import { weightClassOf } from './weight-lists.ts'
import { windowNumber } from './windows.ts'

const NO_VERDICTS: readonly Verdict[] = []
const HALF_MINUTE = windowNumber('30s')
const DAY = windowNumber('24h')

export interface WholeParts {
  readonly table: AccountTable
  readonly arrivals: Arrivals
  readonly clock: LogClock
  readonly counters: SlidingCounters
  readonly counter: LookupCounter
  readonly events: EventCounter
  readonly memory: SubjectMemory
  readonly details: AccountDetails
  readonly norms: Norms
  readonly figures: AccountFigures
  readonly judge: Judge
  readonly tallies: RequestTallies | undefined
}

export interface WholeLimits {
  /** Asks the rules that cannot wait after every look-up. */
  readonly asksAlways: boolean
  /** Whether histories and records are compared with grants. */
  readonly comparesGrants: boolean
  readonly calmShare: number
}

/** The whole way of a request: it is counted wherever it counts, and the rules are asked if it is time. */
export class WholeRequests {
  readonly #parts: WholeParts
  readonly #limits: WholeLimits
  readonly #looksAtLight: boolean
  readonly #subject: SubjectHash = { high: 0, low: 0 }
  readonly #norm = createNorm()

  constructor(parts: WholeParts, limits: WholeLimits) {
    this.#parts = parts
    this.#limits = limits
    this.#looksAtLight = parts.judge.looksAtShared
  }

  /** Counts and judges the request of an account. */
  take(account: Account, request: AttributedRequest): readonly Verdict[] {
    const { arrivals, clock, counters, events, judge, table, tallies } = this.#parts
    account.requests++
    if (account.source !== request.ip) arrivals.move(account, request)
    if (account.details !== -1 || request.retired || this.#limits.comparesGrants) events.count(account, request)
    const isCounted = isLookup(request.class) && !request.isProbe && isAnswered(request)
    const isFull = isCounted && this.#countLookup(account, request)
    if (!isCounted && account.isHeld) judge.noteRefused(account, request)
    if (!isCounted && tallies !== undefined && clock.isNear(request.atMs)) tallies.note(account, request, false, undefined, false)
    if (isWeighed(account.requests)) table.use(account, counters.weight(account.slot))
    const isDue = isFull || (request.atMs >= account.judgeAtS * 1000 && (account.details !== -1 || this.#looksAtLight))
    if (isDue) return this.#judgeFully(account, request, isCounted)
    return isCounted ? this.#judgeUrgent(account, request) : NO_VERDICTS
  }

  /** Counts a look-up that was answered; `true`: all rules should be asked at once. */
  #countLookup(account: Account, request: AttributedRequest): boolean {
    const { clock, counter, memory, table, tallies } = this.#parts
    const { slot } = account
    const { atMs } = request
    const subject = this.#subject
    let kind: 'newSubjects' | 'repeats' | undefined
    if (request.subject !== undefined) {
      readSubjectHash(request.subject, subject)
      kind = memory.recall(slot, subject.low, atMs) ? 'repeats' : 'newSubjects'
    }
    if (tallies !== undefined && clock.isNear(atMs))
      tallies.note(account, request, true, kind === undefined ? undefined : subject, kind === 'newSubjects')
    counter.count(slot, table.rows.pageOf(slot), rowOf(slot), atMs, kind, request.subjectBlock ?? 0)
    return account.unjudged >= (account.isHeld ? JUDGE_HELD_LOOKUPS : JUDGE_LOOKUPS)
  }

  /** Asks the rules that cannot wait, if they can have anything to say. */
  #judgeUrgent(account: Account, request: AttributedRequest): readonly Verdict[] {
    const { figures, judge } = this.#parts
    if (account.room < 0 || this.#limits.asksAlways) {
      figures.turnTo(account, account.slot, request.atMs, request.class)
      if (judge.isUrgent()) return this.#judgeNow(account, account.slot, request)
      account.room = judge.room()
    }
    return account.lates >= LATE_REQUESTS ? this.#judgeLate(account, request) : NO_VERDICTS
  }

  /** All rules, and what is learned beside. */
  #judgeFully(account: Account, request: AttributedRequest, isCounted: boolean): readonly Verdict[] {
    const { counters, details, judge, norms } = this.#parts
    const { atMs } = request
    const isFed = account.unjudged > 0
    account.unjudged = 0
    account.judgedAtS = Math.floor(atMs / 1000)
    if (account.details === -1 && counters.read(account.slot, DAY, 'lookups') >= DETAILS_FROM) {
      account.details = details.take(account.slot)
    }
    if (account.details !== -1) {
      details.reach(account.details, atMs)
      if (account.priorHash !== 0) details.noteSource(account.details, account.priorHash, account.priorAtS * 1000)
      if (account.sourceHash !== 0) details.noteSource(account.details, account.sourceHash, atMs)
      details.use(account.details, weightClassOf(counters.read(account.slot, DAY, 'lookups')))
      const { expected } = norms.hourAt(account.slot, account.dailyVisits, atMs, this.#norm)
      account.usualPerHour = Math.round(expected * norms.swellAt(atMs))
    }
    const verdicts = this.#judgeNow(account, account.slot, request, isFed)
    // The figures are of this look-up still: so the next one need not ask.
    if (isCounted && account.room < 0 && verdicts.length === 0 && !judge.isUrgent()) account.room = judge.room()
    account.judgeAtS =
      account.judgedAtS +
      (account.details === -1 ? JUDGE_LIGHT_S : pauseS(account.isHeld ? 0 : 1 - judge.hottest / this.#limits.calmShare, atMs))
    if (account.details !== -1 && judge.standings.find(account) === undefined) {
      const burst = counters.readAt(account.slot, HALF_MINUTE, 'persons', atMs)
      details.noteBurst(account.details, portalDay(atMs), hourOfDay(atMs), burst)
    }
    return verdicts
  }

  #judgeNow(account: Account, slot: number, { atMs, class: kind }: AttributedRequest, isFed = true): readonly Verdict[] {
    const { clock, judge } = this.#parts
    const verdict = judge.judge(account, slot, atMs, kind, clock.nowMs, isFed)
    return verdict === undefined ? NO_VERDICTS : [verdict]
  }

  /** Late requests of an account, as those of a host with a wrong clock are, are counted once more on a timeline of their own. */
  #judgeLate(account: Account, request: AttributedRequest): readonly Verdict[] {
    const { arrivals, counters, figures, judge, memory, table } = this.#parts
    const twin = arrivals.twinOf(account)
    const isTold = request.subject !== undefined
    const kind = !isTold ? undefined : memory.recall(twin.slot, this.#subject.low, request.atMs) ? 'repeats' : 'newSubjects'
    counters.add(twin.slot, request.atMs, kind)
    table.use(twin, counters.weight(twin.slot))
    figures.turnTo(account, twin.slot, request.atMs, request.class)
    return judge.isUrgent() ? this.#judgeNow(account, twin.slot, request) : NO_VERDICTS
  }
}
