import type { Block } from '../../rules/addresses/block.ts'
import { wordsOf } from '../../rules/addresses/block-bits.ts'
import { textOfWords } from '../../rules/addresses/block-words.ts'
import { cutWords } from '../../rules/addresses/cut-words.ts'

/** A block as the database compares it. */
export interface BlockBounds {
  /** First and last address: family, then fixed-width hexadecimal, so that text order is address order. */
  readonly first: string
  readonly last: string
  /** Family and prefix length: `4/32`, `6/64`. */
  readonly size: string
}

export function blockBounds(block: Block): BlockBounds {
  const { family, words, length } = wordsOf(block)
  const used = family === 4 ? [words[0] ?? 0] : [...words]
  const ends = used.map((word, index) => (word | hostMask(length - 32 * index)) >>> 0)
  return { first: textOf(family, used), last: textOf(family, ends), size: `${family}/${length}` }
}

/** Every block of one of `sizes` that covers `block`, itself included where its size is among them. */
export function coversOf(block: Block, sizes: Iterable<string>): Block[] {
  const words = wordsOf(block)
  const found: Block[] = []
  for (const size of sizes) {
    const [family, length] = size.split('/').map(Number)
    if (family === words.family && length !== undefined && length <= words.length)
      found.push(textOfWords(cutWords(words, length)))
  }
  return found
}

/** Ones where a 32-bit word lies past its first `bits` bits. */
function hostMask(bits: number): number {
  if (bits <= 0) return 0xffff_ffff
  return bits >= 32 ? 0 : 0xffff_ffff >>> bits
}

function textOf(family: 4 | 6, words: readonly number[]): string {
  return `${family}${words.map((word) => word.toString(16).padStart(8, '0')).join('')}`
}
