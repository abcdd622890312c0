import type { AccountPlace, AttributedRequest } from '../requests/attributed-request.ts'
import { type Account, noteSource, sourcesOf, twinOf } from './account.ts'
import { AccountDetails, type EventKind } from './account-details.ts'
import { AccountFigures } from './account-figures.ts'
import { AccountTable } from './account-table.ts'
import { busiestAccounts } from './busiest-accounts.ts'
import type { DetectPolicy } from './detect-policy.ts'
import type { Detector, Verdict } from './detector.ts'
import type { DetectorOptions } from './detector-options.ts'
import { createFacilityAddresses } from './facility-addresses.ts'
import { findingsOf } from './findings.ts'
import { hashOf } from './hash-of.ts'
import { rowOf } from './hot-rows.ts'
import { HourLessons } from './hour-lessons.ts'
import { isAnswered, isLookup, isSameMiss, missOf } from './is-lookup.ts'
import { Judge } from './judge.ts'
import { LogClock } from './log-clock.ts'
import { LookupCounter } from './lookup-counter.ts'
import { createNorm } from './norms/norm.ts'
import { Norms } from './norms/norms.ts'
import {
  DETAILS_FROM,
  isWeighed,
  JUDGE_HELD_LOOKUPS,
  JUDGE_LIGHT_S,
  JUDGE_LOOKUPS,
  JUDGE_S,
  LATE_REQUESTS,
  NEW_SOURCE_LOOKUPS,
  pauseS,
} from './pace.ts'
import { hourOfDay, portalDay } from './portal-day.ts'
import { QuickLookups } from './quick-lookups.ts'
import { readSubjectHash, type SubjectHash } from './sketches/subject-hash.ts'
import { SlidingCounters } from './sliding-counters.ts'
import { type DetectParts, restoreState, type SavedAccount, saveState } from './state/detect-state.ts'
import { StepWatch } from './step-watch.ts'
import { SubjectMemory } from './subject-memory.ts'
import { WalkTracker } from './walk/walk-tracker.ts'
import { weightClassOf } from './weight-lists.ts'
import { windowNumber } from './windows.ts'

const DEFAULT_MAX_ACCOUNTS = 200_000
const DEFAULT_MAX_DETAILED = 32_768
const STEP_MS = 10_000
const HOUR_MS = 3_600_000
const AHEAD_MS = 60_000
const MAX_MISSED_HOURS = 24
const NO_VERDICTS: readonly Verdict[] = []
const HALF_MINUTE = windowNumber('30s')
const DAY = windowNumber('24h')

/** Counts accounts and judges them by the rules of `policy`. Deterministic: the same requests give the same verdicts. */
export function createDetector(policy: DetectPolicy, options: DetectorOptions): Detector {
  const counters = new SlidingCounters()
  const memory = new SubjectMemory()
  const norms = new Norms()
  const walks = new WalkTracker()
  const steps = new StepWatch(policy.step.minAccounts, policy.step.minExcess)
  const clock = new LogClock()
  const addresses = createFacilityAddresses(options.registrations)
  const { grants, tallies, asksAlways = false } = options
  const subject: SubjectHash = { high: 0, low: 0 }
  const norm = createNorm()
  const table = new AccountTable(options.maxAccounts ?? DEFAULT_MAX_ACCOUNTS, {
    weightAt: (slot, nowMs) => counters.readAt(slot, DAY, 'lookups', nowMs),
    dropped: forget,
  })
  const details = new AccountDetails(options.maxDetailed ?? DEFAULT_MAX_DETAILED, (slot) => {
    const account = table.at(slot)
    if (account !== undefined) account.details = -1
  })
  const figures = new AccountFigures({
    counters,
    details,
    norms,
    walks,
    groupOf: (slot) => steps.groupOf(slot),
    lookupsPerPerson: policy.score.lookupsPerPerson,
  })
  const judge = new Judge(policy, {
    figures,
    maskAccount: options.maskAccount,
    setHeld(account, isHeld) {
      account.isHeld = isHeld
      table.setHeld(account, isHeld, clock.nowMs)
      if (isHeld && account.details !== -1) details.forgetDay(account.details)
    },
    countsAt: (account, window, atMs) => ({
      requests: counters.readAt(account.slot, window, 'lookups', atMs),
      subjects: counters.readAt(account.slot, window, 'newSubjects', atMs),
    }),
  })
  const { looksAtShared } = judge
  const counter = new LookupCounter({ counters, walks, steps, clock, lookupsPerPerson: policy.score.lookupsPerPerson })
  const quick = new QuickLookups(
    { table, counters, counter, memory, clock, steps, tallies },
    {
      looksAtLight: looksAtShared,
      comparesGrants: grants !== undefined,
      quietUntilMs: () => Math.min(nextStepMs, nextHourMs, judge.standings.nextMs),
    },
  )
  const lessons = new HourLessons(counters, norms, policy.score.lookupsPerPerson)
  let [nextHourMs, nextStepMs] = [0, 0]
  /** Accounts that were saved under a masked name and did not come back yet. */
  const masked = new Set<string>()
  const saved: DetectParts = { table, counters, memory, details, norms, maskAccount: options.maskAccount, masked }
  let requests = 0

  function forget(account: Account): void {
    counters.clear(account.slot)
    memory.clear(account.slot)
    norms.clear(account.slot)
    walks.clear(account.slot)
    steps.clear(account.slot)
    judge.drop(account)
    tallies?.clear(account.slot)
    if (account.details !== -1) details.release(account.details)
  }

  function admit(name: string, { facility, ip }: AttributedRequest): Account {
    const dailyVisits = facility === undefined ? undefined : options.registrations?.get(facility)?.dailyVisits
    return table.admit({ name, facility, dailyVisits, source: ip, ...placeOf(facility, ip) }, clock.nowMs)
  }

  /** The account, if it is held: by its name, or by the masked one it was saved under. */
  function findHeld(name: string, place?: AccountPlace): Account | undefined {
    const held = table.find(name, place)
    if (held !== undefined || masked.size === 0) return held
    const former = options.maskAccount(name)
    if (!masked.delete(former)) return undefined
    const account = table.find(former)
    if (account !== undefined) table.rename(account, name)
    return account
  }

  function readmit({ name, isMasked, facility, source, older, ...figures }: SavedAccount): Account {
    const dailyVisits = facility === undefined ? undefined : options.registrations?.get(facility)?.dailyVisits
    const account = table.admit({ name, facility, dailyVisits, source, ...placeOf(facility, source) }, 0)
    const [prior, ...others] = older
    if (prior !== undefined) {
      const { sourceHash, isForeign } = placeOf(facility, prior)
      account.setPrior(prior, sourceHash, isForeign)
      account.olderSources = others
      account.olderHashes = others.map((ip) => placeOf(facility, ip).sourceHash)
    }
    if (isMasked) masked.add(name)
    return Object.assign(account, figures)
  }

  function placeOf(facility: string | undefined, ip: string) {
    const isForeign = addresses.isForeign(facility, ip)
    return { isForeign: isForeign === true, sourceHash: isForeign === false ? 0 : hashOf(ip) }
  }

  function move(account: Account, { ip, atMs }: AttributedRequest): void {
    const isOther = noteSource(account, ip, atMs, hashOfSource)
    // The two that it uses in turn are written down when all rules are asked.
    if (!isOther) return
    // No hash is 0 but that of an address registered for the facility.
    account.isForeign = account.sourceHash !== 0 && addresses.isKnown(account.facility)
    if (account.details === -1 || account.sourceHash === 0) return
    if (!details.noteSource(account.details, account.sourceHash, atMs)) return
    hasten(account)
    account.unjudged += NEW_SOURCE_LOOKUPS
  }

  function hashOfSource({ facility }: Account, ip: string): number {
    return placeOf(facility, ip).sourceHash
  }

  /** Has all rules asked as soon as if one of them had not been calm. */
  function hasten(account: Account): void {
    if (account.judgeAtS > account.judgedAtS + JUDGE_S) account.judgeAtS = account.judgedAtS + JUDGE_S
  }

  /** Counts what is no look-up, of accounts that have details; some events give an account its details. */
  function countEvents(account: Account, request: AttributedRequest): void {
    const { atMs, class: kind } = request
    const isUngranted = grants !== undefined && (kind === 'history' || kind === 'record') && !grants.hasGrant(account.name, atMs)
    if (account.details === -1) {
      if (!request.retired && !isUngranted) return
      account.details = details.take(account.slot)
    }
    if (account.isForeign) countEvent(account, 'foreign', atMs)
    if (request.retired) countEvent(account, 'retired', atMs)
    if (isUngranted) countEvent(account, 'ungranted', atMs)
    const miss = isLookup(kind) && !request.isProbe ? missOf(request) : undefined
    if (miss !== undefined && !(miss === 'misses' && isAskedAgain(account, request))) countEvent(account, miss, atMs)
  }

  /** A card that is not there is not there when it is asked for again: a monitor that asks for one all day guesses nothing. */
  function isAskedAgain({ slot }: Account, request: AttributedRequest): boolean {
    if (request.subject === undefined || !isSameMiss(request)) return false
    readSubjectHash(request.subject, subject)
    return memory.knows(slot, subject.low)
  }

  function countEvent(account: Account, kind: EventKind, atMs: number): void {
    details.count(account.details, kind, atMs)
    for (const { window, count } of judge.floorsOf(kind))
      if (details.read(account.details, kind, window) >= count) hasten(account)
  }

  /** Counts a look-up that was answered; `true`: all rules should be asked at once. */
  function countLookup(account: Account, request: AttributedRequest): boolean {
    const { slot } = account
    const { atMs } = request
    let kind: 'newSubjects' | 'repeats' | undefined
    if (request.subject !== undefined) {
      readSubjectHash(request.subject, subject)
      kind = memory.recall(slot, subject.low, atMs) ? 'repeats' : 'newSubjects'
    }
    if (tallies !== undefined && isTold(atMs))
      tallies.note(account, request, true, kind === undefined ? undefined : subject, kind === 'newSubjects')
    counter.count(slot, table.rows.pageOf(slot), rowOf(slot), atMs, kind, request.subjectBlock ?? 0)
    return account.unjudged >= (account.isHeld ? JUDGE_HELD_LOOKUPS : JUDGE_LOOKUPS)
  }

  function judgeNow(account: Account, slot: number, { atMs, class: kind }: AttributedRequest): readonly Verdict[] {
    const verdict = judge.judge(account, slot, atMs, kind, clock.nowMs)
    return verdict === undefined ? NO_VERDICTS : [verdict]
  }

  /** All rules, and what is learned beside. */
  function judgeFully(account: Account, request: AttributedRequest): readonly Verdict[] {
    const { atMs } = request
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
      account.usualPerHour = Math.round(norms.hourAt(account.slot, account.dailyVisits, atMs, norm).expected)
    }
    const verdicts = judgeNow(account, account.slot, request)
    account.judgeAtS =
      account.judgedAtS +
      (account.details === -1 ? JUDGE_LIGHT_S : pauseS(account.isHeld ? 0 : 1 - judge.hottest / policy.score.calmShare, atMs))
    if (account.details !== -1 && judge.standings.find(account) === undefined) {
      const burst = counters.readAt(account.slot, HALF_MINUTE, 'persons', atMs)
      details.noteBurst(account.details, portalDay(atMs), hourOfDay(atMs), burst)
    }
    return verdicts
  }

  /** Late requests of an account, as those of a host with a wrong clock are, are counted once more on a timeline of their own. */
  function judgeLate(account: Account, request: AttributedRequest): readonly Verdict[] {
    const name = `${account.name}\0late`
    const twin = findHeld(name) ?? table.admit(twinOf(account, name), clock.nowMs)
    const kind =
      request.subject === undefined ? undefined : memory.recall(twin.slot, subject.low, request.atMs) ? 'repeats' : 'newSubjects'
    counters.add(twin.slot, request.atMs, kind)
    table.use(twin, counters.weight(twin.slot))
    figures.turnTo(account, twin.slot, request.atMs, request.class)
    return judge.isUrgent() ? judgeNow(account, twin.slot, request) : NO_VERDICTS
  }

  /** The log's clock jumped. Set back, nothing is to wait for a time that was never true. */
  function jump(beforeMs: number): void {
    steps.jump(beforeMs, clock.nowMs)
    if (clock.nowMs > beforeMs) return
    judge.turnBack(clock.nowMs)
    nextStepMs = 0
    // Hours that are lived twice are learned once, as long as the counts of a day hold both.
    if (nextHourMs > clock.nowMs + MAX_MISSED_HOURS * HOUR_MS) nextHourMs = 0
  }

  /** What the passing of time brings by itself. */
  function passTime(): readonly Verdict[] {
    if (clock.nowMs >= nextHourMs) learnHours()
    if (clock.nowMs >= nextStepMs) return stepAlong()
    return judge.release(clock.nowMs)
  }

  function learnHours(): void {
    const hourMs = Math.floor(clock.nowMs / HOUR_MS) * HOUR_MS
    if (nextHourMs > 0 && hourMs >= nextHourMs) {
      const firstMs = Math.max(nextHourMs - HOUR_MS, hourMs - MAX_MISSED_HOURS * HOUR_MS)
      for (const account of table.values()) lessons.learn(account, firstMs, hourMs, judge.standings.find(account) !== undefined)
    }
    nextHourMs = hourMs + HOUR_MS
  }

  /** Looks for accounts in step, and asks the rules of those that are. */
  function stepAlong(): readonly Verdict[] {
    nextStepMs = Math.floor(clock.nowMs) + STEP_MS
    const released = judge.release(clock.nowMs)
    const fresh: Verdict[] = []
    for (const slot of steps.look(clock.nowMs)) {
      const account = table.at(slot)
      const verdict = account === undefined ? undefined : judge.judge(account, slot, clock.nowMs, 'lookup', clock.nowMs)
      if (verdict !== undefined) fresh.push(verdict)
    }
    return fresh.length === 0 ? released : [...released, ...fresh]
  }

  /** A time far ahead of what the log says it is would make all others late for central. */
  function isTold(atMs: number): boolean {
    return atMs <= clock.nowMs + AHEAD_MS
  }

  /** Counts and judges the request of an account. */
  function take(account: Account, request: AttributedRequest): readonly Verdict[] {
    account.requests++
    if (account.source !== request.ip) move(account, request)
    if (account.details !== -1 || request.retired || grants !== undefined) countEvents(account, request)
    const isCounted = isLookup(request.class) && !request.isProbe && isAnswered(request)
    const isFull = isCounted && countLookup(account, request)
    if (!isCounted && tallies !== undefined && isTold(request.atMs)) tallies.note(account, request, false, undefined, false)
    if (isWeighed(account.requests)) table.use(account, counters.weight(account.slot))
    const isDue = isFull || (request.atMs >= account.judgeAtS * 1000 && (account.details !== -1 || looksAtShared))
    if (isDue) return judgeFully(account, request)
    if (!isCounted) return NO_VERDICTS
    if (account.room < 0 || asksAlways) {
      figures.turnTo(account, account.slot, request.atMs, request.class)
      if (judge.isUrgent()) return judgeNow(account, account.slot, request)
      account.room = judge.room()
    }
    return account.lates >= LATE_REQUESTS ? judgeLate(account, request) : NO_VERDICTS
  }

  return {
    takeLookup(line) {
      if (asksAlways || !quick.take(line)) return false
      requests++
      return true
    },
    expectLookups: (accounts, count) => quick.expect(accounts, count),
    observe(request) {
      requests++
      const beforeMs = clock.nowMs
      clock.see(request.atMs)
      const { nowMs } = clock
      if (nowMs < beforeMs || (nowMs > beforeMs + HOUR_MS && beforeMs > 0)) jump(beforeMs)
      const isTime = nowMs >= nextStepMs || nowMs >= nextHourMs
      const passed = isTime ? passTime() : judge.standings.isDue(nowMs) ? judge.release(nowMs) : NO_VERDICTS
      if (request.account === undefined) return passed
      const verdicts = take(findHeld(request.account, request.place) ?? admit(request.account, request), request)
      if (passed.length === 0) return verdicts
      return verdicts.length === 0 ? passed : [...passed, ...verdicts]
    },
    advance(toMs) {
      clock.advance(toMs)
      return passTime()
    },
    top: (limit) => busiestAccounts(table.values(), counters, clock.nowMs, limit, options.maskAccount),
    accountAt(slot) {
      const account = table.at(slot)
      if (account === undefined) return undefined
      return { account: options.maskAccount(account.name), facility: account.facility, sources: sourcesOf(account) }
    },
    live() {
      return judge.standings.all().map(({ account, verdict, level, lastMs, untilMs }) => ({
        ...verdict,
        atMs: lastMs,
        sources: sourcesOf(account),
        untilMs: untilMs[level],
      }))
    },
    snapshot: () =>
      saveState(saved, judge.standings.all(), {
        nowMs: Math.max(0, Math.floor(clock.nowMs)),
        nextHourMs,
        nextStepMs,
        requests,
        evicted: table.evicted,
      }),
    restore(state) {
      const times = restoreState(state, saved, options.maxAccounts ?? DEFAULT_MAX_ACCOUNTS, {
        admit: readmit,
        standing: (account, standing) => judge.restore(account, standing),
      })
      clock.advance(times.nowMs)
      nextHourMs = times.nextHourMs
      nextStepMs = times.nextStepMs
      requests = times.requests
      table.evicted = times.evicted
    },
    findings: () => findingsOf(judge, clock.nowMs, { requests, late: counters.late }),
    shadows: () => judge.shadows.tallies(clock.nowMs),
    get nowMs() {
      return clock.nowMs
    },
    get size() {
      return table.size
    },
    get evicted() {
      return table.evicted
    },
    get late() {
      return counters.late
    },
  }
}
