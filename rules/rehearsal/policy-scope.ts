import { type CompiledPolicy, compilePolicy } from '../gate/compile-policy.ts'
import { GATE_REASONS } from '../gate/gate-reason.ts'
import type { GatePolicy } from '../gate/policy-options.ts'
import type { FunctionClass } from '../requests/attributed-request.ts'
import { findFunction } from '../requests/find-function.ts'
import type { RehearsedRow } from './rehearsed-row.ts'

/** Where the functions of the portal live: a name is found under one of these. */
const PLACES = ['/api/egw/', '/api/', '/api/TraCuuCCT/', '/']

/** The class of a function by its name; submissions bear names of their own. */
export function classOf(called: string): FunctionClass {
  const found = PLACES.map((place) => findFunction(place + called)).find(({ name }) => name === called)
  return found?.class ?? 'other'
}

/** Whether a policy judges what a row is about at all: the function it stops, the class it names. */
export function createPolicyScope(
  policy: GatePolicy,
  compiled: CompiledPolicy = compilePolicy(policy),
): (row: Pick<RehearsedRow, 'reason' | 'function'>) => boolean {
  const classes = new Map<string, FunctionClass>()
  return ({ reason, function: called }) => {
    const { rule } = GATE_REASONS[reason]
    if (rule === 'retired') return compiled.stopOf(called) !== undefined
    const kind = classes.get(called) ?? classOf(called)
    classes.set(called, kind)
    return rule === 'rate' ? compiled.rateOf(called, kind) !== undefined : compiled.judges(rule, kind)
  }
}
