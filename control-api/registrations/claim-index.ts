import type { Block } from '../../rules/addresses/block.ts'
import { createOverlapIndex } from '../../rules/ledger/overlap-index.ts'

/** Many claims by block, and which of them overlap a given one. */
export interface ClaimIndex<T> {
  add(claim: T): void
  overlapping(block: Block): T[]
}

export function createClaimIndex<T extends { readonly block: Block }>(claims: Iterable<T>): ClaimIndex<T> {
  const byBlock = new Map<Block, T[]>()
  const keep = (claim: T): void => {
    const list = byBlock.get(claim.block)
    if (list === undefined) byBlock.set(claim.block, [claim])
    else list.push(claim)
  }
  for (const claim of claims) keep(claim)
  const blocks = createOverlapIndex(byBlock.keys())
  return {
    add(claim) {
      keep(claim)
      blocks.add(claim.block)
    },
    overlapping: (block) => blocks.overlapping(block).flatMap((held) => byBlock.get(held) ?? []),
  }
}
