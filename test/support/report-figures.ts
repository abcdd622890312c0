import type { ReplayTotals } from '../../agent/replay/replay-logs.ts'
import type { AccountFigures, ReportFigures } from '../../agent/replay/report-figures.ts'
import { TimeBins } from '../../agent/replay/time-bins.ts'
import type { Verdict } from '../../rules/detect/detector.ts'
import { dayStartMs } from './scenarios/request.ts'

const EIGHT = dayStartMs('2026-03-02') + 8 * 3_600_000

/** Totals of a replay of four hours; a test names only what it is about. */
export function someTotals(fields: Partial<ReplayTotals> = {}): ReplayTotals {
  return {
    lines: 10,
    requests: 10,
    unnamed: 0,
    faults: {},
    lastAtMs: EIGHT,
    fromMs: EIGHT,
    toMs: EIGHT + 4 * 3_600_000,
    accounts: 1,
    evicted: 0,
    late: 0,
    verdicts: { watch: 0, throttle: 0, suspend: 0, release: 0 },
    live: 0,
    shadows: [],
    findings: [],
    ...fields,
  }
}

export function aVerdict(fields: Partial<Verdict> = {}): Verdict {
  return {
    atMs: EIGHT + 27_000,
    account: '01234_BV',
    facility: '01234',
    rule: 'absolute',
    action: 'suspend',
    requests: 321,
    subjects: 321,
    sources: ['14.225.0.7'],
    evidence: { vi: 'Bằng chứng.', en: 'Evidence.' },
    untilMs: undefined,
    ...fields,
  }
}

export function someAccount(fields: Partial<AccountFigures> = {}): AccountFigures {
  return {
    account: '01234_BV',
    facility: '01234',
    lookups: 400,
    told: 400,
    persons: 390,
    refused: 1,
    misses: 2,
    hours: hoursOf(EIGHT),
    firstMs: EIGHT,
    lastMs: EIGHT + 60_000,
    verdicts: [],
    moreVerdicts: 0,
    ...fields,
  }
}

export function someFigures(fields: Partial<ReportFigures> = {}): ReportFigures {
  return {
    totals: someTotals(),
    files: [{ name: 'access.log', lines: 10, requests: 10, faults: {} }],
    lookups: 400,
    persons: 390,
    hours: hoursOf(EIGHT),
    unnamed: 0,
    accounts: [someAccount()],
    dropped: 0,
    provinces: [{ code: '01', facilities: 1, accounts: 1, lookups: 400, told: 400, persons: 390, flagged: 0, suspended: 0 }],
    ...fields,
  }
}

export function hoursOf(...times: readonly number[]): TimeBins {
  const hours = new TimeBins(3_600_000)
  for (const atMs of times) hours.add(atMs)
  return hours
}
