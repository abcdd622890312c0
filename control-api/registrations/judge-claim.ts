import type { Block } from '../../rules/addresses/block.ts'

/** The holder's side of a claim. */
export interface HeldBlock {
  readonly facility: string
  readonly block: Block
}

export type ClaimVerdict<T> =
  | { readonly kind: 'free' }
  /** The unit itself holds exactly this block. */
  | { readonly kind: 'held-already'; readonly holder: T }
  /** Other units hold it, a part of it, or more; an explicit exception would be needed. */
  | { readonly kind: 'conflict'; readonly holders: readonly T[] }

/**
 * Whether `facility` may claim `block` next to the holdings that overlap it. A unit may overlap itself: a cover and a host of its own are
 * both kept (the ledger counts owners). A shared exception is explicit: it lifts the conflict of the claim that carries it.
 */
export function judgeClaim<T extends HeldBlock>(
  facility: string,
  block: Block,
  isShared: boolean,
  overlapping: readonly T[],
): ClaimVerdict<T> {
  const own = overlapping.find((held) => held.facility === facility && held.block === block)
  if (own !== undefined) return { kind: 'held-already', holder: own }
  const others = overlapping.filter((held) => held.facility !== facility)
  return others.length === 0 || isShared ? { kind: 'free' } : { kind: 'conflict', holders: others }
}
