import type { DetectPolicy } from '../detect-policy.ts'
import { createAbsoluteRule } from './absolute.ts'
import { createAddressRule } from './address.ts'
import { createBurstRule } from './burst.ts'
import { createMissesRule } from './misses.ts'
import { createOtpRule } from './otp.ts'
import { createPeersRule } from './peers.ts'
import { createPersonsRule } from './persons.ts'
import { createRateRule } from './rate.ts'
import { createRetiredRule } from './retired.ts'
import type { Rule } from './rule.ts'
import { createSharedRule } from './shared.ts'
import { createSourcesRule } from './sources.ts'
import { createStepRule } from './step.ts'
import { createWalkRule } from './walk.ts'

/** Those asked after each look-up: cheap, and too late a minute later. */
const URGENT: ReadonlySet<string> = new Set(['absolute', 'burst'])

/** The rules of a policy that are not off, in the order of `RULES`. */
export function createRules(policy: DetectPolicy): { readonly all: readonly Rule[]; readonly urgent: readonly Rule[] } {
  const all = [
    createAbsoluteRule,
    createBurstRule,
    createRateRule,
    createPeersRule,
    createPersonsRule,
    createMissesRule,
    createWalkRule,
    createAddressRule,
    createSourcesRule,
    createRetiredRule,
    createSharedRule,
    createOtpRule,
    createStepRule,
  ]
    .map((create) => create(policy))
    .filter(({ mode }) => mode !== 'off')
  return { all, urgent: all.filter(({ name }) => URGENT.has(name)) }
}
