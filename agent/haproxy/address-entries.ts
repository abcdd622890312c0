import type { Block } from '../../rules/addresses/block.ts'
import { covers, sortBlocks } from '../../rules/addresses/block-bits.ts'
import type { FacilitiesDocument } from '../../rules/facilities/facilities-document.ts'
import type { MapEntries } from './runtime-map.ts'

/** A block of more facilities than a command can hold is anybody's. */
const MAX_OWNERS = 1_500

/**
 * Blocks and the facilities that may use them. HAProxy gives the longest block around an address alone, so each names the owners of all blocks
 * around it as well.
 */
export function addressEntries({ rows }: FacilitiesDocument): MapEntries {
  const owners = new Map(rows.map(({ block, facilities }) => [block, facilities.map(({ facility }) => facility)]))
  const around: { readonly block: Block; readonly all: ReadonlySet<string> }[] = []
  const entries = new Map<string, string>()
  // Wider blocks come first: what is on the stack is around the next one, or past.
  for (const block of sortBlocks(owners.keys())) {
    while (around.length > 0 && !covers((around.at(-1) as { block: Block }).block, block)) around.pop()
    const all = new Set([...(around.at(-1)?.all ?? []), ...(owners.get(block) ?? [])])
    if (block.includes('/')) around.push({ block, all })
    entries.set(block, all.size > MAX_OWNERS ? '*' : [...all].join(','))
  }
  return entries
}
