import type { Block } from '../addresses/block.ts'
import type { Owner } from '../revisions/allow-document.ts'

/** One approval: this owner may come from this block during this time. Several may name the same block. */
export interface Approval {
  readonly id: string
  readonly block: Block
  readonly owner: Owner
  /** Milliseconds since 1970 (UTC); the first instant that counts. */
  readonly effectiveFromMs: number
  /** The first instant that no longer counts; `undefined` where no end is set. */
  readonly effectiveUntilMs: number | undefined
  /** Two facilities share these addresses (vendor cloud, shared site), and whoever approved it knew. */
  readonly sharedException?: boolean
}

/** True where the approval holds at `atMs`. */
export function isEffective(approval: Approval, atMs: number): boolean {
  return approval.effectiveFromMs <= atMs && atMs < (approval.effectiveUntilMs ?? Number.POSITIVE_INFINITY)
}

/** True where there is an instant at which both hold. */
export function meetInTime(a: Approval, b: Approval): boolean {
  const fromMs = Math.max(a.effectiveFromMs, b.effectiveFromMs)
  return fromMs < Math.min(a.effectiveUntilMs ?? Number.POSITIVE_INFINITY, b.effectiveUntilMs ?? Number.POSITIVE_INFINITY)
}
