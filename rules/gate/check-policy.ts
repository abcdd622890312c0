import type { ConfigFinding } from '../config/parse-config.ts'
import { findFunction } from '../requests/find-function.ts'
import { findInstantMs } from '../time/find-instant.ts'
import { GATE_RULES } from './gate-rule.ts'
import type { GateExemption, GatePolicy } from './policy-options.ts'

const NO_INSTANT = 'must be a date and time with an offset, such as 2026-12-31T23:59:59+07:00'
/** Where the functions of the portal live: a name is known if one of these leads to it. */
const PLACES = ['/api/egw/', '/api/', '/api/TraCuuCCT/', '/']

/** What no single option can show: dates that are none, rules that contradict themselves, functions that the portal does not have. */
export function checkPolicy(policy: GatePolicy): readonly ConfigFinding[] {
  return [
    ...GATE_RULES.flatMap((rule) => dateFindings(policy, rule)),
    ...policy.exemptions.flatMap(exemptionFindings),
    ...policy.retired.functions.flatMap(({ function: name, from }, number) => [
      ...functionFindings(`retired.functions.${number}.function`, name),
      ...(findInstantMs(from) === undefined ? [{ path: `retired.functions.${number}.from`, message: NO_INSTANT }] : []),
      ...twice(
        policy.retired.functions.map((one) => one.function),
        number,
        `retired.functions.${number}.function`,
      ),
    ]),
    ...policy.rate.limits.flatMap((limit, number) => [
      ...((limit.function === undefined) === (limit.class === undefined)
        ? [{ path: `rate.limits.${number}`, message: 'must name one of function and class' }]
        : []),
      ...(limit.function === undefined ? [] : functionFindings(`rate.limits.${number}.function`, limit.function)),
      ...twice(
        policy.rate.limits.map((one) => `${one.function ?? ''} ${one.class ?? ''}`),
        number,
        `rate.limits.${number}`,
      ),
    ]),
    ...(policy.hours.open === '24:00' ? [{ path: 'hours.open', message: 'must be before 24:00' }] : []),
    ...(policy.hours.open === policy.hours.close
      ? [{ path: 'hours.close', message: `must differ from hours.open, is ${policy.hours.close} too` }]
      : []),
  ]
}

function dateFindings(policy: GatePolicy, rule: (typeof GATE_RULES)[number]): ConfigFinding[] {
  const { rehearseFrom, enforceFrom } = policy[rule]
  const dates = { rehearseFrom, enforceFrom }
  const wrong = Object.entries(dates).filter(([, text]) => text !== '' && findInstantMs(text) === undefined)
  if (wrong.length > 0) return wrong.map(([name]) => ({ path: `${rule}.${name}`, message: `${NO_INSTANT}; empty: no date` }))
  const rehearseMs = findInstantMs(rehearseFrom)
  const enforceMs = findInstantMs(enforceFrom)
  if (rehearseMs === undefined || enforceMs === undefined || rehearseMs <= enforceMs) return []
  return [{ path: `${rule}.rehearseFrom`, message: `must not be after ${rule}.enforceFrom (${enforceFrom})` }]
}

function exemptionFindings({ facility, province, account, token, until }: GateExemption, number: number): ConfigFinding[] {
  const path = `exemptions.${number}`
  const named = [facility, province, account, token].filter((name) => name !== undefined).length
  return [
    ...(named === 1 ? [] : [{ path, message: `must name one of facility, province, account and token, names ${named}` }]),
    ...(findInstantMs(until) === undefined ? [{ path: `${path}.until`, message: NO_INSTANT }] : []),
  ]
}

function functionFindings(path: string, name: string): ConfigFinding[] {
  if (name !== 'other' && PLACES.some((place) => findFunction(place + name).name === name)) return []
  return [{ path, message: `is no function of the portal by the dispatch’s name: ${JSON.stringify(name)}` }]
}

function twice(names: readonly string[], number: number, path: string): ConfigFinding[] {
  const name = names[number] ?? ''
  return names.indexOf(name) < number ? [{ path, message: `${JSON.stringify(name.trim())} stands here already` }] : []
}
