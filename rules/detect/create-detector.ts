import { type Account, sourcesOf } from './account.ts'
import { AccountDetails } from './account-details.ts'
import { AccountFigures } from './account-figures.ts'
import { AccountTable } from './account-table.ts'
import { Arrivals } from './arrivals.ts'
import { busiestAccounts } from './busiest-accounts.ts'
import type { DetectPolicy } from './detect-policy.ts'
import type { Detector } from './detector.ts'
import type { DetectorOptions } from './detector-options.ts'
import { EventCounter } from './event-counter.ts'
import { createFacilityAddresses } from './facility-addresses.ts'
import { findingsOf } from './findings.ts'
import { HourLessons } from './hour-lessons.ts'
import { Judge } from './judge.ts'
import { LogClock } from './log-clock.ts'
import { LookupCounter } from './lookup-counter.ts'
import { Norms } from './norms/norms.ts'
import { findMasked, pardonAccount } from './pardon-account.ts'
import { PassingTime } from './passing-time.ts'
import { QuickLookups } from './quick-lookups.ts'
import { SlidingCounters } from './sliding-counters.ts'
import { type DetectParts, restoreState, saveState } from './state/detect-state.ts'
import { StepWatch } from './step-watch.ts'
import { SubjectMemory } from './subject-memory.ts'
import { WalkTracker } from './walk/walk-tracker.ts'
import { WholeRequests } from './whole-requests.ts'
import { windowNumber } from './windows.ts'

const DEFAULT_MAX_ACCOUNTS = 200_000
const DEFAULT_MAX_DETAILED = 32_768
const DAY = windowNumber('24h')

/** Counts accounts and judges them by the rules of `policy`. Deterministic: the same requests give the same verdicts. */
export function createDetector(policy: DetectPolicy, options: DetectorOptions): Detector {
  const { registrations, maskAccount, grants, tallies, asksAlways = false } = options
  const { lookupsPerPerson, calmShare } = policy.score
  const counters = new SlidingCounters()
  const memory = new SubjectMemory()
  const norms = new Norms()
  const walks = new WalkTracker()
  const steps = new StepWatch(policy.step.minAccounts, policy.step.minExcess, counters)
  const clock = new LogClock()
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
    lookupsPerPerson,
  })
  const judge = new Judge(policy, {
    figures,
    maskAccount,
    setHeld(account, isHeld) {
      account.isHeld = isHeld
      table.setHeld(account, isHeld, clock.nowMs)
      // What it did before may still be too much: its next request tells.
      if (!isHeld) account.judgeAtS = 0
      if (isHeld && account.details !== -1) details.forgetDay(account.details)
    },
    countsAt: (account, window, atMs) => ({
      requests: counters.readAt(account.slot, window, 'lookups', atMs),
      subjects: counters.readAt(account.slot, window, 'newSubjects', atMs),
    }),
  })
  const addresses = createFacilityAddresses(registrations)
  const arrivals = new Arrivals({ table, details, clock, addresses, registrations, maskAccount })
  const lessons = new HourLessons(counters, norms, lookupsPerPerson)
  const time = new PassingTime({ table, clock, judge, steps, lessons })
  const counter = new LookupCounter({ counters, walks, steps, clock, lookupsPerPerson })
  const events = new EventCounter({ details, memory, grants, floorsOf: (kind) => judge.floorsOf(kind) })
  const comparesGrants = grants !== undefined
  const parts = { table, arrivals, clock, counters, counter, events, memory, details, norms, tallies }
  const quick = new QuickLookups({ ...parts, time, steps }, { looksAtLight: judge.looksAtShared, comparesGrants })
  const whole = new WholeRequests({ ...parts, figures, judge }, { asksAlways, comparesGrants, calmShare })
  const saved: DetectParts = { table, counters, memory, details, norms, maskAccount, masked: arrivals.masked }
  const pardoning = { table, counters, walks, steps, details, judge }
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

  return {
    takeLookup(line) {
      if (asksAlways || !quick.take(line)) return false
      requests++
      return true
    },
    expectLookups: (ahead, count) => quick.expect(ahead, count),
    observe(request) {
      requests++
      const passed = time.see(request.atMs)
      if (request.account === undefined) return passed
      const verdicts = whole.take(arrivals.accountOf(request.account, request), request)
      if (passed.length === 0) return verdicts
      return verdicts.length === 0 ? passed : [...passed, ...verdicts]
    },
    advance: (toMs) => time.advance(toMs),
    pardon(name) {
      const account = findMasked(table, name, maskAccount)
      return account && pardonAccount(pardoning, account, arrivals.findTwin(account), clock.nowMs)
    },
    top: (limit) => busiestAccounts(table.values(), counters, clock.nowMs, limit, maskAccount),
    accountAt(slot) {
      const account = table.at(slot)
      if (account === undefined) return undefined
      return { account: maskAccount(account.name), facility: account.facility, sources: sourcesOf(account) }
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
        nextHourMs: time.nextHourMs,
        nextStepMs: time.nextStepMs,
        requests,
        evicted: table.evicted,
      }),
    restore(state) {
      const times = restoreState(state, saved, options.maxAccounts ?? DEFAULT_MAX_ACCOUNTS, {
        admit: (known) => arrivals.readmit(known),
        standing: (account, standing) => judge.restore(account, standing),
      })
      clock.advance(times.nowMs)
      time.nextHourMs = times.nextHourMs
      time.nextStepMs = times.nextStepMs
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
