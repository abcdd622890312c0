import type { Verdict } from '../../rules/detect/detector.ts'
import { isAnswered, isLookup, missOf } from '../../rules/detect/is-lookup.ts'
import { DistinctSketch } from '../../rules/detect/sketches/distinct-sketch.ts'
import { readSubjectHash } from '../../rules/detect/sketches/subject-hash.ts'
import type { AttributedRequest } from '../../rules/requests/attributed-request.ts'
import type { ReplayTotals } from './replay-logs.ts'
import type { AccountFigures, FileFigures, ProvinceFigures, ReportFigures } from './report-figures.ts'
import { TimeBins } from './time-bins.ts'

const HOUR_MS = 3_600_000
const MAX_ACCOUNTS = 200_000
/** Verdicts kept of one account; those after them are counted. */
const MAX_VERDICTS = 30

/** Counts for a report what the detector, which looks at sliding windows, does not keep: whole periods, hour by hour. */
export interface ReportTally {
  take(request: AttributedRequest): void
  judge(verdicts: readonly Verdict[]): void
  figures(totals: ReplayTotals, files: readonly FileFigures[]): ReportFigures
}

export interface ReportTallyOptions {
  readonly maskAccount: (account: string) => string
  /** Beyond it the half with the fewest look-ups is dropped. */
  readonly maxAccounts?: number
}

/** An account as it is being counted. */
type Counted = { -readonly [Key in Exclude<keyof AccountFigures, 'verdicts' | 'persons'>]: AccountFigures[Key] } & {
  readonly verdicts: Verdict[]
  readonly persons: DistinctSketch
}

/** A province as it is being counted. */
interface CountedProvince {
  readonly facilities: Set<string>
  readonly accounts: DistinctSketch
  readonly persons: DistinctSketch
  lookups: number
  told: number
}

export function createReportTally({ maskAccount, maxAccounts = MAX_ACCOUNTS }: ReportTallyOptions): ReportTally {
  const accounts = new Map<string, Counted>()
  const provinces = new Map<string | undefined, CountedProvince>()
  const persons = new DistinctSketch()
  const hours = new TimeBins(HOUR_MS)
  const hash = { high: 0, low: 0 }
  const dropped = new DistinctSketch()
  let lookups = 0
  let unnamed = 0

  function accountOf(account: string, facility: string | undefined, atMs: number): Counted {
    const known = accounts.get(account)
    if (known !== undefined) return known
    if (accounts.size >= maxAccounts) dropLightest()
    const fresh = aCounted(account, facility, atMs)
    accounts.set(account, fresh)
    return fresh
  }

  function dropLightest(): void {
    const light = [...accounts.values()]
      .filter(({ verdicts }) => verdicts.length === 0)
      .sort((a, b) => a.lookups - b.lookups)
      .slice(0, Math.ceil(accounts.size / 2))
    for (const { account } of light) {
      accounts.delete(account)
      readSubjectHash(account, hash)
      dropped.add(hash.high, hash.low)
    }
  }

  function countPerson(subject: string, account: Counted, province: CountedProvince): void {
    readSubjectHash(subject, hash)
    for (const sketch of [persons, account.persons, province.persons]) sketch.add(hash.high, hash.low)
    account.told++
    province.told++
  }

  return {
    take(request) {
      if (!isLookup(request.class) || request.isProbe) return
      if (request.account === undefined) {
        unnamed++
        return
      }
      const account = accountOf(maskAccount(request.account), request.facility, request.atMs)
      account.firstMs = Math.min(account.firstMs, request.atMs)
      account.lastMs = Math.max(account.lastMs, request.atMs)
      if (!isAnswered(request)) {
        account.refused++
        return
      }
      const province = provinceOf(provinces, request.facility)
      readSubjectHash(account.account, hash)
      province.accounts.add(hash.high, hash.low)
      if (missOf(request) !== undefined) account.misses++
      account.lookups++
      province.lookups++
      lookups++
      account.hours.add(request.atMs)
      hours.add(request.atMs)
      if (request.subject !== undefined) countPerson(request.subject, account, province)
    },
    judge(verdicts) {
      for (const verdict of verdicts) {
        const account = accountOf(verdict.account, verdict.facility, verdict.atMs)
        if (account.verdicts.length < MAX_VERDICTS) account.verdicts.push(verdict)
        else account.moreVerdicts++
      }
    },
    figures: (totals, files) => ({
      totals,
      files,
      lookups,
      persons: persons.estimate(),
      hours,
      unnamed,
      accounts: [...accounts.values()]
        .map((account) => ({ ...account, persons: atMost(account.told, account.persons) }))
        .sort((a, b) => b.lookups - a.lookups || (a.account < b.account ? -1 : 1)),
      dropped: dropped.estimate(),
      provinces: provinceFigures(provinces, [...accounts.values()]),
    }),
  }
}

function aCounted(account: string, facility: string | undefined, atMs: number): Counted {
  return {
    account,
    facility,
    lookups: 0,
    told: 0,
    persons: new DistinctSketch(),
    refused: 0,
    misses: 0,
    hours: new TimeBins(HOUR_MS),
    firstMs: atMs,
    lastMs: atMs,
    verdicts: [],
    moreVerdicts: 0,
  }
}

function provinceOf(provinces: Map<string | undefined, CountedProvince>, facility: string | undefined): CountedProvince {
  const code = facility?.slice(0, 2)
  const known = provinces.get(code) ?? {
    facilities: new Set(),
    accounts: new DistinctSketch(),
    persons: new DistinctSketch(),
    lookups: 0,
    told: 0,
  }
  provinces.set(code, known)
  if (facility !== undefined) known.facilities.add(facility)
  return known
}

function provinceFigures(
  provinces: ReadonlyMap<string | undefined, CountedProvince>,
  accounts: readonly Counted[],
): ProvinceFigures[] {
  const flagged = accounts.filter(({ verdicts }) => verdicts.length > 0)
  return [...provinces]
    .map(([code, { facilities, accounts: seen, persons, lookups, told }]) => {
      const own = flagged.filter(({ facility }) => facility?.slice(0, 2) === code)
      return {
        code,
        facilities: facilities.size,
        accounts: seen.estimate(),
        lookups,
        told,
        persons: atMost(told, persons),
        flagged: own.length,
        suspended: own.filter(({ verdicts }) => verdicts.some(({ action }) => action === 'suspend')).length,
      }
    })
    .sort((a, b) => ((a.code ?? '~') < (b.code ?? '~') ? -1 : 1))
}

/** An estimate may be one percent too high; there are never more persons than look-ups. */
function atMost(told: number, persons: DistinctSketch): number {
  return Math.min(told, persons.estimate())
}
