/** The blocks of an allow document that we signed ourselves, each with its owners as one text. */
export function ownersByBlock(document: Buffer): Map<string, string> {
  const owners = new Map<string, string>()
  for (const line of bodyOf(document).toString('utf8').split('\n')) {
    const tab = line.indexOf('\t')
    if (tab > 0) owners.set(line.slice(0, tab), line.slice(tab + 1))
  }
  return owners
}

/** All lines but the header: what two revisions must share to be the same list. */
export function bodyOf(document: Buffer): Buffer {
  return document.subarray(document.indexOf('\n') + 1)
}

/** Blocks new, gone, and held by others than before. */
export interface ListDifference {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export function differenceOfDocuments(before: Buffer | undefined, after: Buffer): ListDifference {
  const old = before === undefined ? new Map<string, string>() : ownersByBlock(before)
  const now = ownersByBlock(after)
  const blocks = [...now.keys()]
  return {
    added: blocks.filter((block) => !old.has(block)),
    removed: [...old.keys()].filter((block) => !now.has(block)),
    changed: blocks.filter((block) => old.has(block) && old.get(block) !== now.get(block)),
  }
}
