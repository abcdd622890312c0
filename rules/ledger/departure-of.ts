import type { Block } from '../addresses/block.ts'
import { hasAddress } from '../addresses/block-set-lookup.ts'
import { createBlockSet } from '../addresses/create-block-set.ts'
import type { AllowEntry } from '../revisions/allow-document.ts'
import { allowListAt } from './allow-list-at.ts'
import type { Approval } from './approval.ts'
import { differenceOfEntries } from './difference-of-entries.ts'

/** What happens to the list when somebody leaves. */
export interface Departure {
  /** The list without them. */
  readonly remaining: readonly AllowEntry[]
  /** Blocks that others named too: these keep their access, with the owners that are left. */
  readonly kept: readonly AllowEntry[]
  /** Blocks that nobody names any more and that stay open all the same, because a wider one that somebody else holds covers them. */
  readonly covered: readonly Block[]
  /** Blocks that close; what others hold inside them stays open. */
  readonly closed: readonly Block[]
}

/** What remains at `atMs` of the approvals when those that `isLeaving` names are gone. */
export function departureOf(approvals: readonly Approval[], isLeaving: (approval: Approval) => boolean, atMs: number): Departure {
  const remaining = allowListAt(
    approvals.filter((approval) => !isLeaving(approval)),
    atMs,
  )
  const difference = differenceOfEntries(allowListAt(approvals, atMs), remaining)
  const open = createBlockSet(remaining.map((entry) => entry.block))
  const gone = difference.removed.map((entry) => entry.block)
  return {
    remaining,
    kept: difference.changed.map((change) => change.after),
    covered: gone.filter((block) => hasAddress(open, block)),
    closed: gone.filter((block) => !hasAddress(open, block)),
  }
}
