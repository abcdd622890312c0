import type { AttributedRequest } from '../requests/attributed-request.ts'
import { type Account, AccountTable, noteSource, sourcesOf } from './account-table.ts'
import type { DetectPolicy } from './detect-policy.ts'
import type { AccountTally, Detector, Verdict } from './detector.ts'
import { releaseEvidence } from './evidence.ts'
import { type Hold, Holds, isStronger } from './holds.ts'
import { isAnswered, isLookup } from './is-lookup.ts'
import { LogClock } from './log-clock.ts'
import type { Registrations } from './registered-facility.ts'
import { createAbsoluteRule } from './rules/absolute.ts'
import type { Figures, Rule } from './rules/rule.ts'
import { SlidingCounters } from './sliding-counters.ts'
import { SubjectMemory } from './subject-memory.ts'
import { windowNumber } from './windows.ts'

export interface DetectorOptions {
  /** Gives an account the form that may leave the process. */
  readonly maskAccount: (account: string) => string
  readonly registrations?: Registrations
  /** Hard cap on the accounts held, ≥ 1. */
  readonly maxAccounts?: number
}

const DEFAULT_MAX_ACCOUNTS = 200_000
const NO_VERDICTS: readonly Verdict[] = []
const MINUTE = windowNumber('1m')
const HOUR = windowNumber('1h')
const DAY = windowNumber('24h')

/** Counts accounts and judges them by the rules of `policy`. Deterministic: the same requests give the same verdicts. */
export function createDetector(policy: DetectPolicy, options: DetectorOptions): Detector {
  const rules: readonly Rule[] = [createAbsoluteRule(policy)]
  const counters = new SlidingCounters()
  const memory = new SubjectMemory()
  const holds = new Holds()
  const clock = new LogClock()
  const table = new AccountTable(options.maxAccounts ?? DEFAULT_MAX_ACCOUNTS, {
    weightAt: (slot, nowMs) => counters.readAt(slot, DAY, 'lookups', nowMs),
    dropped(account) {
      counters.clear(account.slot)
      memory.clear(account.slot)
      holds.drop(account)
    },
  })
  const figures = new CountedFigures(counters)

  function admit(name: string, { facility, ip }: AttributedRequest): Account {
    const dailyVisits = facility === undefined ? undefined : options.registrations?.get(facility)?.dailyVisits
    return table.admit(name, facility, dailyVisits, ip, clock.nowMs)
  }

  function judge(account: Account, request: AttributedRequest): readonly Verdict[] {
    let verdicts = NO_VERDICTS
    figures.account = account
    for (const rule of rules) {
      const heat = rule.heatOf(figures)
      if (heat === 'calm') continue
      const lastMs = Math.max(clock.nowMs, request.atMs)
      const hold = holds.extend(account, rule, lastMs)
      if (heat === 'over') verdicts = begin(account, rule, request, lastMs, hold, verdicts)
    }
    return verdicts
  }

  function begin(
    account: Account,
    rule: Rule,
    request: AttributedRequest,
    lastMs: number,
    hold: Hold | undefined,
    verdicts: readonly Verdict[],
  ): readonly Verdict[] {
    if (hold?.verdict.action === 'suspend') return verdicts
    const untilMs = lastMs + rule.holdMs
    const { action, window, requests, subjects, evidence } = rule.findingOf(figures, request)
    if (hold !== undefined && !isStronger(action, hold.verdict.action)) return verdicts
    const verdict: Verdict = {
      ...identityOf(account),
      atMs: request.atMs,
      rule: rule.name,
      action,
      requests,
      subjects,
      evidence,
      untilMs,
    }
    holds.begin({ account, rule, verdict, window: windowNumber(window), lastMs, untilMs })
    table.setHeld(account, true, clock.nowMs)
    return [...verdicts, verdict]
  }

  function release(): readonly Verdict[] {
    const ended = holds.takeEnded(clock.nowMs)
    return ended.length === 0 ? NO_VERDICTS : ended.map(releaseVerdict)
  }

  function releaseVerdict({ account, rule, window, untilMs }: Hold): Verdict {
    if (!holds.isHeld(account)) table.setHeld(account, false, clock.nowMs)
    return {
      ...identityOf(account),
      atMs: untilMs,
      rule: rule.name,
      action: 'release',
      requests: counters.readAt(account.slot, window, 'lookups', untilMs),
      subjects: counters.readAt(account.slot, window, 'newSubjects', untilMs),
      evidence: releaseEvidence(untilMs, rule.holdMs),
      untilMs: undefined,
    }
  }

  function identityOf(account: Account) {
    return { account: options.maskAccount(account.name), facility: account.facility, sources: sourcesOf(account) }
  }

  function tallyOf(account: Account): AccountTally {
    return {
      account: options.maskAccount(account.name),
      facility: account.facility,
      lookups1m: counters.readAt(account.slot, MINUTE, 'lookups', clock.nowMs),
      lookups1h: counters.readAt(account.slot, HOUR, 'lookups', clock.nowMs),
      lookups24h: counters.readAt(account.slot, DAY, 'lookups', clock.nowMs),
    }
  }

  return {
    observe(request) {
      clock.see(request.atMs)
      const released = release()
      if (request.account === undefined) return released
      const account = table.find(request.account) ?? admit(request.account, request)
      account.requests++
      noteSource(account, request.ip)
      if (!isLookup(request.class) || !isAnswered(request)) {
        table.use(account, counters.read(account.slot, DAY, 'lookups'))
        return released
      }
      const { slot } = account
      if (request.subject === undefined) counters.add(slot, request.atMs, undefined)
      else counters.add(slot, request.atMs, memory.recall(slot, request.subject, request.atMs) ? 'repeats' : 'newSubjects')
      table.use(account, counters.read(slot, DAY, 'lookups'))
      const verdicts = judge(account, request)
      return released.length === 0 ? verdicts : [...released, ...verdicts]
    },
    advance(toMs) {
      clock.advance(toMs)
      return release()
    },
    top(limit) {
      const busiest: { account: Account; lookups: number }[] = []
      for (const account of table.values()) {
        const lookups = counters.readAt(account.slot, HOUR, 'lookups', clock.nowMs)
        if (busiest.length === limit && lookups <= (busiest.at(-1)?.lookups ?? 0)) continue
        const at = busiest.findIndex((other) => other.lookups < lookups)
        busiest.splice(at === -1 ? busiest.length : at, 0, { account, lookups })
        if (busiest.length > limit) busiest.pop()
      }
      return busiest.map(({ account }) => tallyOf(account))
    },
    live() {
      return holds.all().map(({ account, verdict, lastMs, untilMs }) => ({
        ...verdict,
        atMs: lastMs,
        sources: sourcesOf(account),
        untilMs,
      }))
    },
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

/** The figures of one account at a time, without building anything. */
class CountedFigures implements Figures {
  account: Account | undefined
  readonly #counters: SlidingCounters

  constructor(counters: SlidingCounters) {
    this.#counters = counters
  }

  get dailyVisits(): number | undefined {
    return this.account?.dailyVisits
  }

  lookups(window: number): number {
    return this.account === undefined ? 0 : this.#counters.read(this.account.slot, window, 'lookups')
  }

  subjects(window: number): number {
    return this.account === undefined ? 0 : this.#counters.read(this.account.slot, window, 'newSubjects')
  }

  persons(window: number): number {
    if (this.account === undefined) return 0
    return this.#counters.read(this.account.slot, window, 'lookups') - this.#counters.read(this.account.slot, window, 'repeats')
  }
}
