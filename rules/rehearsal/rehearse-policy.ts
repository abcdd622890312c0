import { compilePolicy, modeOf } from '../gate/compile-policy.ts'
import { GATE_REASONS } from '../gate/gate-reason.ts'
import { GATE_RULES, type GateMode, type GateRule } from '../gate/gate-rule.ts'
import type { GatePolicy } from '../gate/policy-options.ts'
import { findInstantMs } from '../time/find-instant.ts'
import { type RehearsalSum, sumsBy } from './rehearsal-sums.ts'
import type { RehearsedRow } from './rehearsed-row.ts'
import { createRuleTerms } from './rule-term.ts'

/** Why the sums of the edges do not tell what a rule of a draft would do. */
export const UNTOLD = {
  NOT_COUNTED: {
    vi: 'không cổng nào đếm quy định này trong thời gian đó (đang tắt, hoặc chưa có danh sách để xét)',
    en: 'no edge counted this rule in that time: it was off, or the list that it judges by was missing',
  },
  SOME_EDGES: {
    vi: 'chỉ một phần các cổng đếm quy định này',
    en: 'only some of the edges counted this rule',
  },
  NEW_FUNCTION: {
    vi: 'chức năng mới ngừng chưa được đếm',
    en: 'functions that the draft newly stops were not counted',
  },
  NEW_CLASS: {
    vi: 'nhóm chức năng mới đưa vào chưa được đếm',
    en: 'classes of functions that the draft newly judges were not counted',
  },
  OTHER_HOURS: { vi: 'giờ phục vụ thay đổi, số liệu đếm theo giờ cũ', en: 'the hours differ, and counts go by those before' },
  OTHER_LIMITS: {
    vi: 'giới hạn tốc độ thay đổi, số liệu đếm theo giới hạn cũ',
    en: 'the limits differ, and counts go by those before',
  },
  OF_ITS_TIME: {
    vi: 'phụ thuộc tài khoản nào bị tạm khóa hay giảm tốc độ lúc đó; số liệu cũ không dự báo được',
    en: 'depends on which accounts are suspended or slowed down then; the past foretells nothing',
  },
} as const
export type Untold = keyof typeof UNTOLD

/** What one rule of a draft would do, by what edges counted. */
export interface RuleOutlook {
  readonly rule: GateRule
  /** What it does now, and would do at the date. */
  readonly modeNow: GateMode
  readonly mode: GateMode
  /** Requests of the period that it would have refused, and what of them is spared by an exemption. */
  readonly refused: number
  readonly spared: number
  readonly facilities: number
  /** Facilities to which the policy of now does not do this. */
  readonly newFacilities: number
  /** Why the figures may say too little; empty where they tell. */
  readonly untold: readonly Untold[]
}

export interface PolicyOutlook {
  readonly rules: readonly RuleOutlook[]
  /** Of what would be refused; one request may be refused for several reasons, and counts in each. */
  readonly provinces: readonly RehearsalSum[]
  readonly facilities: readonly RehearsalSum[]
  readonly facilityCount: number
  /** Facilities of which something would be refused that the policy of now lets pass. */
  readonly newFacilityCount: number
}

export interface PolicyRehearsal {
  /** What edges counted: by reason, facility, account and function at least. */
  readonly rows: readonly (RehearsedRow & { readonly managing: string | null })[]
  readonly draft: GatePolicy
  /** By which the edges counted. */
  readonly current: GatePolicy
  /** When the draft is to be judged. */
  readonly atMs: number
  readonly nowMs: number
  /** Of each edge that told anything: the rules that it counted. */
  readonly judged: readonly ReadonlySet<string>[]
}

/** What a draft of the account policy would refuse at a date, had the requests of the period been made then. */
export function rehearsePolicy({ rows, draft, current, atMs, nowMs, judged }: PolicyRehearsal): PolicyOutlook {
  const [then, now] = [createRuleTerms(draft, atMs), createRuleTerms(current, nowMs)]
  const [compiledThen, compiledNow] = [compilePolicy(draft), compilePolicy(current)]
  const told = rows
    .map((row) => ({ row, term: then(row), isNew: !isRefused(now(row)) }))
    .filter(({ term }) => term.mode === 'enforce')
    .map(({ row, term, isNew }) => ({
      ...row,
      province: row.managing,
      would: term.exemption === undefined ? 0 : row.would + row.refused,
      refused: term.exemption === undefined ? row.would + row.refused : 0,
      isNew,
    }))
  const bitten = told.filter(({ refused }) => refused > 0)
  const facilitiesOf = (some: readonly RehearsedRow[]): number =>
    new Set(some.flatMap(({ facility }) => (facility === null ? [] : [facility]))).size
  const rules = GATE_RULES.map((rule): RuleOutlook => {
    const own = told.filter(({ reason }) => GATE_REASONS[reason].rule === rule)
    const hit = own.filter(({ refused }) => refused > 0)
    const mode = modeOf(compiledThen, rule, atMs)
    return {
      rule,
      modeNow: modeOf(compiledNow, rule, nowMs),
      mode,
      refused: own.reduce((sum, { refused }) => sum + refused, 0),
      spared: own.reduce((sum, { would }) => sum + would, 0),
      facilities: facilitiesOf(hit),
      newFacilities: facilitiesOf(hit.filter(({ isNew }) => isNew)),
      untold: mode === 'enforce' ? untoldOf(rule, draft, current, { judged, atMs }) : [],
    }
  })
  return {
    rules,
    provinces: sumsBy(bitten, ({ province }) => province ?? ''),
    facilities: sumsBy(bitten, ({ facility }) => facility ?? ''),
    facilityCount: facilitiesOf(bitten),
    newFacilityCount: facilitiesOf(bitten.filter(({ isNew }) => isNew)),
  }
}

function isRefused({ mode, exemption }: { mode: GateMode; exemption: unknown }): boolean {
  return mode === 'enforce' && exemption === undefined
}

function untoldOf(
  rule: GateRule,
  draft: GatePolicy,
  current: GatePolicy,
  { judged, atMs }: Pick<PolicyRehearsal, 'judged' | 'atMs'>,
): readonly Untold[] {
  const counting = judged.filter((rules) => rules.has(rule)).length
  const counted: Untold[] = counting === 0 ? ['NOT_COUNTED'] : counting < judged.length ? ['SOME_EDGES'] : []
  return [...counted, ...differences(rule, draft, current, atMs)]
}

function differences(rule: GateRule, draft: GatePolicy, current: GatePolicy, atMs: number): readonly Untold[] {
  if (rule === 'retired') {
    const known = new Set(current.retired.functions.map((one) => one.function))
    const stopped = draft.retired.functions.filter(({ from }) => (findInstantMs(from) ?? 0) <= atMs)
    return stopped.every((one) => known.has(one.function)) ? [] : ['NEW_FUNCTION']
  }
  if (rule === 'rate') return isSame(draft.rate.limits, current.rate.limits) ? [] : ['OTHER_LIMITS']
  const [wanted, known] = [draft[rule].classes, current[rule].classes]
  const isWider = known.length > 0 && (wanted.length === 0 || wanted.some((kind) => !known.includes(kind)))
  const { open, close } = draft.hours
  return [
    ...(isWider ? (['NEW_CLASS'] as const) : []),
    ...(rule === 'hours' && (open !== current.hours.open || close !== current.hours.close) ? (['OTHER_HOURS'] as const) : []),
    ...(rule === 'suspended' || rule === 'throttled' ? (['OF_ITS_TIME'] as const) : []),
  ]
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
