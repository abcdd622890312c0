import { type Account, createAccount } from '../detect/account.ts'
import type { DetectPolicy } from '../detect/detect-policy.ts'
import type { Evidence, Verdict } from '../detect/detector.ts'
import { findingsOf } from '../detect/findings.ts'
import { Judge } from '../detect/judge.ts'
import { RULE_NAMES, type RuleName } from '../detect/rule-names.ts'
import type { FleetTallies } from '../tallies/fleet-tallies.ts'
import { FleetNorms } from './fleet-norms.ts'
import { SumFigures } from './sum-figures.ts'

/** Rules that can be asked of sums; the others need what only the edge itself sees. */
export const FLEET_RULES: ReadonlySet<RuleName> = new Set(['absolute', 'rate', 'peers', 'persons', 'misses', 'sources'])

/** Below so many look-ups no rule has anything to say. */
const JUDGED_FROM = [
  { minutes: 60, lookups: 30 },
  { minutes: 1_440, lookups: 100 },
] as const
const MAX_EVIDENCE = 600
/** Longer than it takes until an hour is learned. */
const SUSPECT_MS = 26 * 3_600_000

/** What all edges together say of one account. `account` of the verdict is its token. */
export interface FleetFinding {
  readonly verdict: Verdict
  /** Edges at which it was seen lately. */
  readonly edges: number
}

export interface FleetJudgeOptions {
  readonly tallies: FleetTallies
  readonly policy: DetectPolicy
  /** From the registrations, by facility. */
  readonly dailyVisitsOf: (facility: string) => number | undefined
}

/**
 * Judges the sum over all edges by the same rules, score, caps and hysteresis as an edge judges its own accounts. Spreading a harvest over
 * edges changes nothing about the sum.
 */
export class FleetJudge {
  readonly #options: FleetJudgeOptions
  readonly #judge: Judge
  readonly #accounts = new Map<string, Account>()
  /** What is usual for each account, which it learns as time goes on. */
  readonly norms: FleetNorms
  /** When accounts were under an action last: what they do then teaches nothing. */
  readonly #suspectMs = new Map<string, number>()
  /** When a person released accounts that are to be left alone for now. */
  #released: ReadonlyMap<string, number> = new Map()
  #slots = 0

  constructor(options: FleetJudgeOptions) {
    const { lookupsPerPerson } = options.policy.score
    this.norms = new FleetNorms({ ...options, lookupsPerPerson })
    const figures = new SumFigures(options.tallies, this.norms, lookupsPerPerson, (token) => this.#released.get(token))
    this.#options = options
    this.#judge = new Judge(fleetPolicy(options.policy), {
      figures,
      maskAccount: (token) => token,
      isQuiet: ({ name }) => this.#released.has(name),
      setHeld: (account, isHeld) => {
        account.isHeld = isHeld
      },
      countsAt: (account, window, atMs) => {
        figures.turnTo(account, account.slot, atMs, 'lookup')
        return { requests: figures.lookups(window), subjects: figures.subjects(window) }
      },
    })
  }

  /** Judges these accounts as of now, and those that are under an action; then ends what was calm for long enough. */
  judge(tokens: Iterable<string>, nowMs: number): readonly FleetFinding[] {
    const findings = this.judgeSome(new Set([...tokens, ...this.underAction()]), nowMs)
    return [...this.release(nowMs), ...findings]
  }

  /** The same in pieces, for whoever has other things to do meanwhile: these accounts, */
  judgeSome(tokens: Iterable<string>, nowMs: number): FleetFinding[] {
    const findings: FleetFinding[] = []
    for (const token of tokens) {
      const verdict = this.#judgeOne(token, nowMs)
      if (verdict !== undefined) findings.push(this.#findingOf(verdict))
    }
    return findings
  }

  /** those that are under an action among them, */
  underAction(): readonly string[] {
    return this.#judge.standings.all().map(({ account }) => account.name)
  }

  /** and at last the end of what was calm for long enough. */
  release(nowMs: number): FleetFinding[] {
    return this.#judge.release(nowMs).map((verdict) => this.#findingOf(verdict))
  }

  /** Learns from the hours that are over, account by account, so that others get their turn in between; gives how many it has taught of the present hour. */
  *learn(nowMs: number): Generator<number> {
    for (const token of this.underAction()) this.#suspectMs.set(token, nowMs)
    for (const [token, lastMs] of this.#suspectMs) if (nowMs - lastMs > SUSPECT_MS) this.#suspectMs.delete(token)
    yield* this.norms.learn(nowMs, (token, hourMs) => (this.#suspectMs.get(token) ?? 0) >= hourMs)
  }

  /** When the action on an account ends if it stays calm from now on; `undefined` where there is none. */
  untilOf(token: string): number | undefined {
    const account = this.#accounts.get(token)
    const standing = account === undefined ? undefined : this.#judge.standings.find(account)
    return standing?.untilMs[standing.level]
  }

  /**
   * Accounts that officers released, and when. What was counted before ends with it and acts no more; for as long as they are named here only `absolute` judges what they do since: it is more than
   * any honest account makes, so that a fresh harvest is stopped like every other.
   */
  keepReleased(released: ReadonlyMap<string, number>): void {
    const before = this.#released
    this.#released = released
    for (const [token, atMs] of released) if (before.get(token) !== atMs) this.drop(token)
  }

  /** Takes the action on an account back, as an officer said. */
  drop(token: string): void {
    const account = this.#accounts.get(token)
    if (account !== undefined) this.#judge.drop(account)
    this.#accounts.delete(token)
  }

  /** Caps that bite, exemptions that ended. */
  findings(nowMs: number): readonly string[] {
    return findingsOf(this.#judge, nowMs, { requests: 0, late: 0 }).map(({ message }) => message)
  }

  #judgeOne(token: string, nowMs: number): Verdict | undefined {
    const { tallies } = this.#options
    if (JUDGED_FROM.every(({ minutes, lookups }) => tallies.lookups(token, minutes, nowMs) < lookups)) return undefined
    const account = this.#accountOf(token, nowMs)
    const verdict = this.#judge.judge(account, account.slot, nowMs, 'lookup', nowMs)
    // Suspensions in a row make the next one longer: only who never had one is forgotten.
    if (verdict === undefined && account.suspendedS === 0 && !account.isHeld) this.#accounts.delete(token)
    return verdict
  }

  #findingOf(verdict: Verdict): FleetFinding {
    const edges = Math.max(1, this.#options.tallies.edgesOf(verdict.account).size)
    return { verdict: { ...verdict, sources: [], evidence: overEdges(verdict.evidence, edges) }, edges }
  }

  #accountOf(token: string, nowMs: number): Account {
    const held = this.#accounts.get(token)
    if (held !== undefined) return held
    const { facility } = this.#options.tallies.sum(token, 60, nowMs)
    const dailyVisits = facility === undefined ? undefined : this.#options.dailyVisitsOf(facility)
    const known = { name: token, facility, dailyVisits, source: '', sourceHash: 0, isForeign: false }
    const account = createAccount(this.#slots++, known, nowMs)
    this.#accounts.set(token, account)
    return account
  }
}

/** The policy with the rules off that sums say nothing about. */
export function fleetPolicy(policy: DetectPolicy): DetectPolicy {
  const off = RULE_NAMES.filter((name) => !FLEET_RULES.has(name)).map((name) => [name, { ...policy[name], mode: 'off' }])
  return { ...policy, ...(Object.fromEntries(off) as Partial<DetectPolicy>) }
}

function overEdges({ vi, en }: Evidence, edges: number): Evidence {
  if (edges < 2) return { vi, en }
  const more = { vi: ` Số liệu cộng từ ${edges} điểm biên.`, en: ` Added up over ${edges} edges.` }
  return { vi: fitting(vi, more.vi), en: fitting(en, more.en) }
}

function fitting(words: string, more: string): string {
  return words.length + more.length <= MAX_EVIDENCE ? words + more : words
}
