import type { Block } from '../../rules/addresses/block.ts'
import type { BlockSet } from '../../rules/addresses/block-set.ts'
import { differenceOf } from '../../rules/addresses/block-set-difference.ts'
import { hasAddress } from '../../rules/addresses/block-set-lookup.ts'
import type { HeldRevision } from '../sync/held-revision.ts'

/** Revisions whose additions are kept; they are small, whole lists are not. */
const KEPT = 32

/** Remembers while the agent runs with which revision a block came. */
export interface Arrivals {
  /** Told whenever a revision may have come into force. */
  note(held: HeldRevision | undefined): void
  /** Since which revision the list in force has `block`; not exact where it was in the first list that was noted. */
  findSince(block: Block): { readonly revision: number; readonly isExact: boolean } | undefined
}

export function createArrivals(): Arrivals {
  let last: HeldRevision | undefined
  let first: number | undefined
  let additions: readonly { readonly revision: number; readonly added: BlockSet }[] = []
  return {
    note(held) {
      if (held === undefined || held.sha256 === last?.sha256) return
      const { revision } = held.summary
      if (last === undefined) first = revision
      else {
        const { added } = differenceOf(last.document.approved, held.document.approved)
        additions = [...additions.slice(1 - KEPT), { revision, added }]
      }
      last = held
    },
    findSince(block) {
      const found = additions.findLast(({ added }) => hasAddress(added, block))
      if (found !== undefined) return { revision: found.revision, isExact: true }
      return first === undefined ? undefined : { revision: first, isExact: false }
    },
  }
}
