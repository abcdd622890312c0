import type { BlockWords } from './block-words.ts'

/** The prefix of `block` with its first `length` bits, in a new object. */
export function cutWords(block: BlockWords, length: number): BlockWords {
  const words = block.words.map((word, i) => {
    const bits = Math.min(32, Math.max(0, length - 32 * i))
    return bits === 0 ? 0 : (word >>> (32 - bits)) * 2 ** (32 - bits)
  })
  return { family: block.family, words, length }
}
