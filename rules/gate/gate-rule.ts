/** The rules of the gate, in the order in which they are asked: the first that refuses gives the reason. */
export const GATE_RULES = [
  'suspended',
  'retired',
  'unnamed',
  'shared',
  'user',
  'address',
  'otp',
  'hours',
  'throttled',
  'rate',
] as const
export type GateRule = (typeof GATE_RULES)[number]

/**
 * What a rule does with a request that it would refuse, from weak to strong. `observe`: counts it. `rehearse`: counts it and says so in the
 * answer (`X-Edgeward-Rehearsal`), so that the facility sees it. `enforce`: refuses it.
 */
export const GATE_MODES = ['off', 'observe', 'rehearse', 'enforce'] as const
export type GateMode = (typeof GATE_MODES)[number]
