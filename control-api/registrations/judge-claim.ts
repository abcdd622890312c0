import { meetInTime } from '../../rules/ledger/approval.ts'
import { findConflicts } from '../../rules/ledger/find-conflicts.ts'
import { approvalOf, type Claim } from './holding.ts'

export type ClaimVerdict<T> =
  | { readonly kind: 'free' }
  /** The unit itself holds exactly this block at the time. */
  | { readonly kind: 'held-already'; readonly holder: T }
  /** Other units hold it, a part of it, or more; an explicit exception would be needed. */
  | { readonly kind: 'conflict'; readonly holders: readonly T[] }

/**
 * Whether a claim can stand next to the ones that overlap it. A unit may overlap itself: a cover and a host of its own are both kept
 * (the ledger counts owners). A shared exception lifts the conflicts of the claim that carries it.
 */
export function judgeClaim<T extends Claim>(claim: Claim, overlapping: readonly T[]): ClaimVerdict<T> {
  const candidate = approvalOf(claim, 'candidate')
  const held = new Map(overlapping.map((holder, index) => [String(index), holder]))
  const approvals = [...held].map(([id, holder]) => approvalOf(holder, id))
  const own = approvals.find(
    (approval) => approval.owner.facility === claim.facility && approval.block === claim.block && meetInTime(candidate, approval),
  )
  const holder = own === undefined ? undefined : held.get(own.id)
  if (holder !== undefined) return { kind: 'held-already', holder }
  const holders = findConflicts(candidate, approvals)
    .filter((conflict) => !conflict.isAllowed)
    .flatMap((conflict) => held.get(conflict.held.id) ?? [])
  return holders.length === 0 ? { kind: 'free' } : { kind: 'conflict', holders }
}
