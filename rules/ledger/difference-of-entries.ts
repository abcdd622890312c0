import { compareBlocks } from '../addresses/block-bits.ts'
import type { AllowEntry } from '../revisions/allow-document.ts'
import { ownerText } from '../revisions/owner-text.ts'

/** What is new, gone, or held by others than before. Says who holds what, not what the kernel does: for that, compare block sets. */
export interface EntryDifference {
  readonly added: readonly AllowEntry[]
  readonly removed: readonly AllowEntry[]
  readonly changed: readonly { readonly before: AllowEntry; readonly after: AllowEntry }[]
}

/** Compares two lists in the order of `allowListAt` in one walk. */
export function differenceOfEntries(from: readonly AllowEntry[], to: readonly AllowEntry[]): EntryDifference {
  const added: AllowEntry[] = []
  const removed: AllowEntry[] = []
  const changed: { before: AllowEntry; after: AllowEntry }[] = []
  let i = 0
  let j = 0
  for (;;) {
    const before = from[i]
    const after = to[j]
    if (before === undefined && after === undefined) return { added, removed, changed }
    const order =
      before === undefined
        ? 1
        : after === undefined
          ? -1
          : before.block === after.block
            ? 0
            : compareBlocks(before.block, after.block)
    if (before !== undefined && order <= 0) i += 1
    if (after !== undefined && order >= 0) j += 1
    if (before !== undefined && order < 0) removed.push(before)
    else if (after !== undefined && order > 0) added.push(after)
    else if (before !== undefined && after !== undefined && ownersText(before) !== ownersText(after))
      changed.push({ before, after })
  }
}

function ownersText(entry: AllowEntry): string {
  return entry.owners.map(ownerText).join('\t')
}
