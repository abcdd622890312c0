import { createHash } from 'node:crypto'
import { STRENGTH } from '../../rules/gate/compile-policy.ts'
import { GATE_REASON_CODES, GATE_REASONS } from '../../rules/gate/gate-reason.ts'
import { GATE_RULES, type GateMode, type GateRule } from '../../rules/gate/gate-rule.ts'
import { FUNCTION_CLASSES, type GatePolicy } from '../../rules/gate/policy-options.ts'
import { findInstantMs } from '../../rules/time/find-instant.ts'
import { findRight } from '../../rules/users/user-right.ts'
import { asciiJson, refusalText } from '../gate/refusal-text.ts'

/** The policy as edgeward-gate.lua reads it, with the words of each refusal. `epoch` tells it that another one has come. */
export function policyEntries(policy: GatePolicy, strongest: GateMode): Map<string, string> {
  const entries = new Map<string, string>([
    ['strongest', String(STRENGTH[strongest])],
    ['hours', `${minuteOf(policy.hours.open)} ${minuteOf(policy.hours.close)}`],
    ['throttled', `${policy.throttled.perMinute} ${policy.throttled.burst}`],
    ['rights', rightsText()],
  ])
  for (const rule of GATE_RULES) entries.set(`rule.${rule}`, ruleText(policy, rule))
  for (const { function: called, from } of policy.retired.functions) {
    const stopMs = findInstantMs(from)
    if (stopMs !== undefined) entries.set(`stop.${called}`, String(stopMs))
  }
  for (const { function: called, class: kind, perMinute, burst } of policy.rate.limits) {
    if (called !== undefined) entries.set(`rate.function.${called}`, `${perMinute} ${burst}`)
    if (kind !== undefined) entries.set(`rate.class.${kind}`, `${perMinute} ${burst}`)
  }
  for (const { facility, province, account, token, rules, until } of policy.exemptions) {
    const exempt = { facility, province, account, token }
    const text = `${rules.length === 0 ? '*' : rules.join(',')}:${findInstantMs(until) ?? 0}`
    for (const [kind, name] of Object.entries(exempt)) {
      if (name === undefined) continue
      const key = `exempt.${kind}.${name}`
      const before = entries.get(key)
      entries.set(key, before === undefined ? text : `${before} ${text}`)
    }
  }
  for (const reason of GATE_REASON_CODES)
    entries.set(`body.${reason}`, `${GATE_REASONS[reason].status} ${asciiJson(refusalText(reason, policy.contact))}`)
  entries.set(
    'epoch',
    createHash('sha256')
      .update(JSON.stringify([...entries]))
      .digest('hex')
      .slice(0, 16),
  )
  return entries
}

/** Mode, both dates (`-` for none) and the classes that it judges. */
function ruleText(policy: GatePolicy, rule: GateRule): string {
  const own = policy[rule]
  const classes = 'classes' in own && own.classes.length > 0 ? own.classes : FUNCTION_CLASSES
  const dates = [own.rehearseFrom, own.enforceFrom].map((text) => String(findInstantMs(text) ?? '-'))
  return `${STRENGTH[own.mode]} ${dates.join(' ')} ${classes.join(',')}`
}

function rightsText(): string {
  return FUNCTION_CLASSES.flatMap((kind) => {
    const right = findRight(kind)
    return right === undefined ? [] : [`${kind}=${right.charAt(0)}`]
  }).join(',')
}

function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
}
