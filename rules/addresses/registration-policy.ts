import { AddressError } from './address-error.ts'
import type { Block } from './block.ts'
import { covers, wordsOf } from './block-bits.ts'
import { findSpecialRange } from './special-purpose.ts'

/** Which blocks a facility may register. */
export interface RegistrationPolicy {
  /** The shortest prefix length taken, 1–32: 24 takes `/24` to a single host. */
  readonly minLength4: number
  /** The shortest prefix length taken, 1–128. */
  readonly minLength6: number
  /** Special-purpose addresses are taken inside these blocks: the private network of an administration, a laboratory. Mostly none. */
  readonly specialAllowed: readonly Block[]
}

/** A facility's own line has one address or a few: `/24` and `/48` are the most that a provider routes to one site. */
export const DEFAULT_REGISTRATION_POLICY: RegistrationPolicy = { minLength4: 24, minLength6: 48, specialAllowed: [] }

/**
 * Lets `block` pass or says why it may not be registered.
 * @throws AddressError WHOLE_INTERNET (whatever the policy), a code of the special-purpose table, TOO_WIDE
 */
export function judgeBlock(block: Block, policy: RegistrationPolicy): void {
  const { family, length } = wordsOf(block)
  if (length === 0)
    throw new AddressError('WHOLE_INTERNET', `Cannot register ${block}: it is all of IPv${family}; name the addresses in use`)
  const special = findSpecialRange(block)
  const isAllowed = special === undefined || policy.specialAllowed.some((allowed) => covers(allowed, block))
  if (!isAllowed && covers(special.block, block))
    throw new AddressError(
      special.code,
      `Cannot register ${block}: it is in ${special.block}, ${special.name} (${special.rfc}); name the public address`,
    )
  const minLength = family === 4 ? policy.minLength4 : policy.minLength6
  if (length < minLength)
    throw new AddressError(
      'TOO_WIDE',
      `Cannot register ${block}: /${length} is wider than the policy's limit of /${minLength}; name the addresses in use`,
    )
  if (!isAllowed)
    throw new AddressError(
      special.code,
      `Cannot register ${block}: it holds ${special.block}, ${special.name} (${special.rfc}); name the public address`,
    )
}
