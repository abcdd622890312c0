import type { FunctionClass } from '../requests/attributed-request.ts'
import { findInstantMs } from '../time/find-instant.ts'
import { createExemptions, type GateExemptions } from './exemptions.ts'
import { GATE_MODES, GATE_RULES, type GateMode, type GateRule } from './gate-rule.ts'
import { FUNCTION_CLASSES, type GatePolicy } from './policy-options.ts'
import type { Rate } from './rate-limits.ts'

/** A mode as a number, to be compared: the place in `GATE_MODES`. */
export const STRENGTH = { off: 0, observe: 1, rehearse: 2, enforce: 3 } as const satisfies Record<GateMode, number>

const NEVER = Number.POSITIVE_INFINITY
const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
/** UTC+7, without daylight saving: the zone of all dates of the dispatches. */
const PORTAL_OFFSET_MS = 7 * 3_600_000

/** A policy as it is asked for each request. */
export interface CompiledPolicy {
  readonly source: GatePolicy
  /** The mode of every rule at an instant, as `STRENGTH`, in the order of `GATE_RULES`. The next call overwrites it. */
  modesAt(dateMs: number): Uint8Array
  judges(rule: Exclude<GateRule, 'retired' | 'rate'>, called: FunctionClass): boolean
  /** When a function stops; `undefined` for one that does not. */
  stopOf(called: string): number | undefined
  isOpen(atMs: number): boolean
  rateOf(called: string, kind: FunctionClass): Rate | undefined
  readonly exemptions: GateExemptions
}

/**
 * @param strongest no rule does more than this, whatever the policy says
 * @param exemptions those of the policy, where they were taken in before
 */
export function compilePolicy(
  policy: GatePolicy,
  strongest: GateMode = 'enforce',
  exemptions: GateExemptions = createExemptions(policy.exemptions),
): CompiledPolicy {
  const dates = GATE_RULES.map((rule) => ({
    mode: STRENGTH[policy[rule].mode],
    rehearseMs: findInstantMs(policy[rule].rehearseFrom) ?? NEVER,
    enforceMs: findInstantMs(policy[rule].enforceFrom) ?? NEVER,
  }))
  const turns = [...new Set(dates.flatMap(({ rehearseMs, enforceMs }) => [rehearseMs, enforceMs]))].sort((a, b) => a - b)
  const modes = new Uint8Array(GATE_RULES.length)
  let [sinceMs, untilMs] = [NEVER, -NEVER]
  const classes = new Map(
    GATE_RULES.map((rule) => {
      const own = policy[rule]
      const named = 'classes' in own ? own.classes : []
      return [rule, new Set<FunctionClass>(named.length === 0 ? FUNCTION_CLASSES : named)]
    }),
  )
  const stops = new Map(policy.retired.functions.map((one) => [one.function, findInstantMs(one.from) ?? NEVER]))
  const byFunction = new Map(
    policy.rate.limits.flatMap((limit) => (limit.function === undefined ? [] : [[limit.function, limit]])),
  )
  const byClass = new Map(policy.rate.limits.flatMap((limit) => (limit.class === undefined ? [] : [[limit.class, limit]])))
  const [openMinute, closeMinute] = [minuteOf(policy.hours.open), minuteOf(policy.hours.close)]

  return {
    source: policy,
    modesAt(dateMs) {
      if (dateMs >= sinceMs && dateMs < untilMs) return modes
      for (const [i, { mode, rehearseMs, enforceMs }] of dates.entries()) {
        const dated = dateMs >= enforceMs ? STRENGTH.enforce : dateMs >= rehearseMs ? STRENGTH.rehearse : 0
        modes[i] = Math.min(STRENGTH[strongest], Math.max(mode, dated))
      }
      sinceMs = turns.findLast((turnMs) => turnMs <= dateMs) ?? -NEVER
      untilMs = turns.find((turnMs) => turnMs > dateMs) ?? NEVER
      return modes
    },
    judges: (rule, called) => classes.get(rule)?.has(called) === true,
    stopOf: (called) => stops.get(called),
    isOpen(atMs) {
      const minute = Math.floor((atMs + PORTAL_OFFSET_MS) / MINUTE_MS) % DAY_MINUTES
      if (openMinute < closeMinute) return minute >= openMinute && minute < closeMinute
      return minute >= openMinute || minute < closeMinute
    },
    rateOf: (called, kind) => byFunction.get(called) ?? byClass.get(kind),
    exemptions,
  }
}

/** The mode of one rule at an instant, for people. */
export function modeOf(policy: CompiledPolicy, rule: GateRule, dateMs: number): GateMode {
  return GATE_MODES[policy.modesAt(dateMs)[GATE_RULES.indexOf(rule)] ?? 0] ?? 'off'
}

function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
}
