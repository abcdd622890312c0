import type { AttributedRequest, FunctionClass } from '../requests/attributed-request.ts'
import { type Account, sourcesOf } from './account.ts'
import type { EventKind } from './account-details.ts'
import { ActionCaps, type CapBite } from './action-caps.ts'
import type { DetectPolicy } from './detect-policy.ts'
import type { Verdict } from './detector.ts'
import { easedEvidence, pardonEvidence, releaseEvidence, withOthers } from './evidence.ts'
import { Exemptions } from './exemptions.ts'
import { Knocks } from './knocks.ts'
import { sizeClassOf } from './norms/size-class.ts'
import { SIZE_NAMES } from './rule-options.ts'
import { createRules } from './rules/create-rules.ts'
import type { EventFloor, Figures, Rule } from './rules/rule.ts'
import { Shadows } from './shadows.ts'
import { actionOf, type Level, type Standing, Standings } from './standings.ts'
import type { SavedStanding } from './state/detect-state.ts'
import { windowNumber } from './windows.ts'

const DAY_S = 86_400
/** A small whole number for the engine. */
const MAX_ROOM = 1_000_000
const NONE: readonly Verdict[] = []

/** The figures of one account at a time. */
export interface TurningFigures extends Figures {
  turnTo(account: Account, slot: number, atMs: number, kind: FunctionClass): unknown
}

/** What the judge needs to know of the counts. */
export interface JudgedCounts {
  readonly figures: TurningFigures
  readonly maskAccount: (account: string) => string
  /** A person wants the account left alone for now, by all rules but `absolute`. */
  readonly isQuiet?: (account: Account) => boolean
  /** An action began or ended. */
  readonly setHeld: (account: Account, isHeld: boolean) => void
  /** Look-ups and persons of an account in a window, by its number, that ends at `atMs`. */
  readonly countsAt: (account: Account, window: number, atMs: number) => { readonly requests: number; readonly subjects: number }
}

/** Adds the rules' points up to one score for each account, and acts by it. */
export class Judge {
  readonly #policy: DetectPolicy
  readonly #counts: JudgedCounts
  readonly #rules: readonly Rule[]
  readonly #urgent: readonly Rule[]
  readonly #caps: ActionCaps
  readonly exemptions: Exemptions
  readonly shadows: Shadows
  readonly standings = new Standings()
  readonly #knocks = new Knocks()
  /** The most that a rule which may act or name said of the account that all were asked about last, as a share of its limit. */
  hottest = 0
  readonly #eventFloors = new Map<EventKind, EventFloor[]>()
  /** Points by number of the rule, of the account judged last; 0 of those that are not over their limit. */
  readonly #over: Float64Array

  constructor(policy: DetectPolicy, counts: JudgedCounts) {
    const { all, urgent } = createRules(policy)
    const { score } = policy
    this.#policy = policy
    this.#counts = counts
    this.#rules = all
    this.#urgent = urgent
    this.#caps = new ActionCaps(score.maxActionsPerHour, score.maxActionsPerProvinceHour)
    this.exemptions = new Exemptions(policy.exemptions)
    const shadows = all.filter(({ mode }) => mode === 'shadow').map(({ name }) => name)
    this.shadows = new Shadows(shadows, score.holdMinutes * 60_000)
    this.#over = new Float64Array(all.length)
    for (const floor of all.flatMap(({ eventFloors = [] }) => eventFloors))
      this.#eventFloors.set(floor.kind, [...(this.#eventFloors.get(floor.kind) ?? []), floor])
  }

  /** From which counts of an event on a rule may have something to say. */
  floorsOf(kind: EventKind): readonly EventFloor[] {
    return this.#eventFloors.get(kind) ?? []
  }

  /** Whether the rules that cannot wait have anything to say of the account the figures are turned to. */
  isUrgent(): boolean {
    const { figures } = this.#counts
    for (const rule of this.#urgent) if (rule.heatOf(figures) >= rule.calmShare) return true
    return false
  }

  /** After `isUrgent` said no of the same account: so many look-ups it may make before that can change. */
  room(): number {
    const { figures } = this.#counts
    let room = MAX_ROOM
    for (const rule of this.#urgent) room = Math.min(room, rule.roomOf?.(figures) ?? 0)
    return room
  }

  /** Whether any rule looks at accounts without details. */
  get looksAtShared(): boolean {
    return this.#rules.some(({ name }) => name === 'shared')
  }

  /** A request of an account under an action was refused. */
  noteRefused(account: Account, request: AttributedRequest): void {
    this.#knocks.note(account, request)
  }

  /**
   * Asks all rules of an account; `lastMs`: the newest time known. `isFed`: something new was counted of it. Where nothing was, what is on goes on while the account asks on,
   * refused, as a harvest would; else a system that nobody looks at would never come free. Where nobody is told, any knock lets it go on for as long as the windows hold what was answered.
   */
  judge(account: Account, slot: number, atMs: number, kind: FunctionClass, lastMs: number, isFed = true): Verdict | undefined {
    this.#counts.figures.turnTo(account, slot, atMs, kind)
    const { acting, actingWarm, naming, namingWarm } = this.#addUp(account, kind, lastMs)
    const standing = this.standings.find(account)
    if (standing !== undefined) {
      const goesOn = isFed || this.#knocks.isUntold(account)
      const warm = this.#knocks.isHard(account, lastMs) ? standing.level : goesOn ? this.#levelOf(actingWarm, namingWarm) : 0
      if (warm > 0) this.standings.extend(standing, warm, lastMs, this.#policy.score.holdMinutes * 60_000)
    }
    const wanted = this.#levelOf(acting, naming)
    if (wanted <= (standing?.level ?? 0)) return undefined
    return this.#raise(account, standing, wanted, atMs, lastMs)
  }

  /** Puts back an action that was on before a restart, if its rule still acts. */
  restore(account: Account, saved: SavedStanding): void {
    const rule = this.#rules.find(({ name }) => name === saved.rule)
    if (rule === undefined || rule.mode === 'shadow') return
    const { level, window, lastMs, holdMs, untilMs, atMs, action, requests, subjects, evidence } = saved
    const verdict = {
      ...this.#identityOf(account),
      atMs,
      rule: rule.name,
      action,
      requests,
      subjects,
      evidence,
      untilMs: untilMs[level],
    }
    this.standings.begin({ account, level, rule, verdict, window, lastMs, holdMs, untilMs: [...untilMs] })
    this.#counts.setHeld(account, true)
  }

  /** Ends what has been calm for long enough. */
  release(nowMs: number): readonly Verdict[] {
    if (!this.standings.isDue(nowMs)) return NONE
    const ended = this.standings.takeEnded(nowMs)
    return ended.map(({ standing, endMs }) => this.#ease(standing, endMs))
  }

  /** A person released the account. */
  pardon(account: Account, nowMs: number): Verdict {
    const rule = this.standings.find(account)?.rule.name ?? 'absolute'
    this.drop(account)
    this.#counts.setHeld(account, false)
    const counted = { requests: 0, subjects: 0, evidence: pardonEvidence(nowMs) }
    return { ...this.#identityOf(account), atMs: nowMs, rule, action: 'release', ...counted, untilMs: undefined }
  }

  /** The log's clock was set back to `nowMs`: what began later began now. */
  turnBack(nowMs: number): void {
    this.standings.turnBack(nowMs)
    this.#caps.turnBack(nowMs)
  }

  /** The caps that bit within the last hour. */
  bites(nowMs: number): readonly CapBite[] {
    return this.#caps.bites(nowMs)
  }

  /** Forgets an account. */
  drop(account: Account): void {
    this.standings.drop(account)
    this.#knocks.forget(account)
    this.shadows.clear(account.slot)
  }

  /** Asks each rule; fills `#over`. */
  #addUp(account: Account, kind: FunctionClass, nowMs: number) {
    const { figures } = this.#counts
    let [acting, actingWarm, naming, namingWarm] = [0, 0, 0, 0]
    let hasShadow = false
    const isQuiet = this.#counts.isQuiet?.(account) === true
    this.hottest = 0
    for (let number = 0; number < this.#rules.length; number++) {
      const rule = this.#rules[number] as Rule
      this.#over[number] = 0
      if (isQuiet && rule.name !== 'absolute') continue
      const heat = rule.heatOf(figures)
      if (rule.mode !== 'shadow' && heat > this.hottest) this.hottest = heat
      if (!(heat >= rule.calmShare) || !isInScope(rule, account, kind) || this.exemptions.covers(rule.name, account, nowMs))
        continue
      const { atLimit, most } = rule.points
      // An action goes on down to the calm share of what would begin it.
      const warm = Math.min(most, (atLimit * heat) / rule.calmShare)
      if (heat >= 1) this.#over[number] = Math.min(most, atLimit * heat)
      if (rule.mode === 'shadow') {
        hasShadow ||= heat >= 1
        continue
      }
      namingWarm += warm
      naming += this.#over[number] as number
      if (rule.mode !== 'enforce') continue
      actingWarm += warm
      acting += this.#over[number] as number
    }
    if (hasShadow) this.#noteShadows(account, acting, nowMs)
    return { acting, actingWarm, naming, namingWarm }
  }

  #noteShadows(account: Account, acting: number, nowMs: number): void {
    for (let number = 0; number < this.#rules.length; number++) {
      const rule = this.#rules[number] as Rule
      if (rule.mode !== 'shadow') continue
      const would = this.#levelOf(acting + (this.#over[number] as number), 0)
      if (would > this.#levelOf(acting, 0)) this.shadows.note(rule.name, account.slot, would, nowMs)
    }
  }

  #raise(account: Account, standing: Standing | undefined, wanted: Level, atMs: number, lastMs: number): Verdict | undefined {
    const rule = this.#leadOf(wanted > 1)
    const before = standing?.level ?? 0
    const isNewAction = wanted > 1 && before < 2
    const province = account.facility?.slice(0, 2) ?? ''
    const level = isNewAction && !this.#caps.allow(rule.name, province, account.slot, lastMs) ? 1 : wanted
    if (level <= before) return undefined
    const holdMs = level === 3 ? this.#suspensionMs(account, rule, lastMs) : rule.holdMs
    const { window, requests, subjects, evidence } = rule.findingOf(this.#counts.figures)
    const untilMs = lastMs + holdMs
    const others = this.#rules.filter(
      (other, number) => other !== rule && other.mode !== 'shadow' && (this.#over[number] as number) > 0,
    )
    const verdict: Verdict = {
      ...this.#identityOf(account),
      atMs,
      rule: rule.name,
      action: actionOf(level),
      requests,
      subjects,
      evidence: withOthers(
        evidence,
        others.map(({ name }) => name),
      ),
      untilMs,
    }
    const ends: [number, number, number, number] = standing === undefined ? [0, 0, 0, 0] : [...standing.untilMs]
    ends[level] = untilMs
    this.standings.begin({ account, level, rule, verdict, window: windowNumber(window), lastMs, holdMs, untilMs: ends })
    this.#counts.setHeld(account, true)
    return verdict
  }

  /** The rule with the most points; those that may act only, if so asked. */
  #leadOf(isActing: boolean): Rule {
    let lead: Rule | undefined
    let most = 0
    for (const [number, rule] of this.#rules.entries()) {
      const points = this.#over[number] as number
      if (rule.mode === 'shadow' || points <= most || (isActing && rule.mode !== 'enforce')) continue
      lead = rule
      most = points
    }
    if (lead === undefined) throw new RangeError('Cannot act on an account: no rule is over its limit')
    return lead
  }

  /** Doubles with each suspension that comes within a day of the one before. */
  #suspensionMs(account: Account, rule: Rule, nowMs: number): number {
    const nowS = Math.floor(nowMs / 1000)
    const isRepeat = account.suspendedS > 0 && nowS - account.suspendedS < DAY_S
    account.suspensions = isRepeat ? account.suspensions + 1 : 0
    account.suspendedS = nowS
    const mostMs = Math.max(rule.holdMs, this.#policy.score.maxHoldMinutes * 60_000)
    return Math.min(mostMs, rule.holdMs * 2 ** Math.min(account.suspensions, 20))
  }

  /** What is said when a level ends: the one below it, or the release. */
  #ease(standing: Standing, endMs: number): Verdict {
    const { account, level, rule, window, holdMs } = standing
    if (level === 0) {
      this.#counts.setHeld(account, false)
      this.#knocks.forget(account)
    }
    const until = standing.untilMs[level]
    const verdict: Verdict = {
      ...this.#identityOf(account),
      atMs: endMs,
      rule: rule.name,
      action: actionOf(level),
      ...this.#counts.countsAt(account, window, endMs),
      evidence: level === 0 ? releaseEvidence(endMs, holdMs) : easedEvidence(endMs, holdMs),
      untilMs: level === 0 ? undefined : until,
    }
    standing.verdict = verdict
    standing.lastMs = Math.max(standing.lastMs, endMs)
    standing.holdMs = this.#policy.score.holdMinutes * 60_000
    return verdict
  }

  /** What points call for; those of rules that only observe never call for more than naming. */
  #levelOf(acting: number, naming: number): Level {
    const { watchAt, throttleAt, suspendAt } = this.#policy.score
    if (acting >= suspendAt) return 3
    if (acting >= throttleAt) return 2
    return acting >= watchAt || naming >= watchAt ? 1 : 0
  }

  #identityOf(account: Account) {
    return { account: this.#counts.maskAccount(account.name), facility: account.facility, sources: sourcesOf(account) }
  }
}

function isInScope({ scope }: Rule, { facility, dailyVisits }: Account, kind: FunctionClass): boolean {
  const { classes, sizes, provinces } = scope
  if (classes.length > 0 && !classes.includes(kind)) return false
  if (provinces.length > 0 && (facility === undefined || !provinces.includes(facility.slice(0, 2)))) return false
  if (sizes.length === 0) return true
  const size = SIZE_NAMES[sizeClassOf(dailyVisits)]
  return size !== undefined && sizes.includes(size)
}
