import type { Block } from '../../rules/addresses/block.ts'
import { blockBounds, coversOf } from './block-bounds.ts'

/** Finds who overlaps a block among many, in memory. Two blocks overlap only where one covers the other. */
export interface OverlapIndex<T> {
  overlapping(block: Block): T[]
}

export function createOverlapIndex<T extends { readonly block: Block }>(
  entries: Iterable<T>,
): OverlapIndex<T> & { add(entry: T): void } {
  const byBlock = new Map<string, T[]>()
  const sizes = new Set<string>()
  /** For every covering block of an entry: the entries below it. Only asked for prefixes, so it is built when the first one asks. */
  const below = new Map<string, T[]>()
  const asked = new Set<string>()
  const all: T[] = []

  const add = (entry: T): void => {
    const { size } = blockBounds(entry.block)
    all.push(entry)
    sizes.add(size)
    push(byBlock, entry.block, entry)
    for (const cover of coversOf(entry.block, asked)) if (cover !== entry.block) push(below, cover, entry)
  }
  for (const entry of entries) add(entry)

  /** Entries strictly inside `block`, indexed for its size at the first question. */
  const inside = (block: Block, size: string): T[] => {
    if (!asked.has(size)) {
      asked.add(size)
      for (const entry of all) {
        for (const cover of coversOf(entry.block, [size])) if (cover !== entry.block) push(below, cover, entry)
      }
    }
    return below.get(block) ?? []
  }

  return {
    add,
    overlapping(block) {
      const { first, last, size } = blockBounds(block)
      const above = coversOf(block, sizes).flatMap((cover) => byBlock.get(cover) ?? [])
      return first === last ? above : [...above, ...inside(block, size)]
    },
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
