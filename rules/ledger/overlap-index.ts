import type { Block } from '../addresses/block.ts'
import { wordsOf } from '../addresses/block-bits.ts'
import { type BlockWords, compareWords, textOfWords, wordsCover } from '../addresses/block-words.ts'
import { cutWords } from '../addresses/cut-words.ts'

/** Distinct blocks, and which of them overlap a given one, without looking at them all. */
export interface OverlapIndex {
  add(block: Block): void
  /** The blocks that cover `block`, the widest first, then itself if it is held, then those inside it in order. */
  overlapping(block: Block): Block[]
}

export function createOverlapIndex(blocks: Iterable<Block>): OverlapIndex {
  const held = new Set<Block>(blocks)
  const inOrder: BlockWords[] = Array.from(held, wordsOf).sort(compareWords)
  /** 1 for each prefix length that occurs; the others are not looked up. */
  const lengths = { 4: new Uint8Array(33), 6: new Uint8Array(129) }
  for (const words of inOrder) lengths[words.family][words.length] = 1

  /** The first place whose block is not before `words`. */
  function placeOf(words: BlockWords): number {
    let low = 0
    let high = inOrder.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const there = inOrder[middle]
      if (there !== undefined && compareWords(there, words) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    add(block) {
      if (held.has(block)) return
      const words = wordsOf(block)
      held.add(block)
      inOrder.splice(placeOf(words), 0, words)
      lengths[words.family][words.length] = 1
    },
    overlapping(block) {
      const words = wordsOf(block)
      const found: Block[] = []
      for (let length = 0; length < words.length; length += 1) {
        if (lengths[words.family][length] !== 1) continue
        const around = textOfWords(cutWords(words, length))
        if (held.has(around)) found.push(around)
      }
      // Whatever lies inside a block follows it at once, for a wider block comes before a narrower one of the same address.
      for (let place = placeOf(words); place < inOrder.length; place += 1) {
        const inside = inOrder[place]
        if (inside === undefined || !wordsCover(words, inside)) break
        found.push(textOfWords(inside))
      }
      return found
    },
  }
}
