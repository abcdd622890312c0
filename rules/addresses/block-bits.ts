import { AddressError, quoteText } from './address-error.ts'
import type { Block, BlockBits } from './block.ts'
import {
  type BlockWords,
  compareWords,
  createBlockWords,
  hasHostBits,
  readBlockWords,
  textOfWords,
  wordsCover,
} from './block-words.ts'

/** The bytes of `block`. @throws AddressError NOT_CANONICAL, where a text was passed off as a block */
export function bitsOf(block: Block): BlockBits {
  const { family, words, length } = wordsOf(block)
  if (family === 4) return { family, value: BigInt(words[0] ?? 0), length }
  return { family, value: words.reduce((value, word) => (value << 32n) | BigInt(word), 0n), length }
}

/** The block of these bytes, in canonical text. @throws AddressError LENGTH_OUT_OF_RANGE, HOST_BITS */
export function blockOf(bits: BlockBits): Block {
  const width = bits.family === 4 ? 32 : 128
  const isLength = Number.isInteger(bits.length) && bits.length >= 0 && bits.length <= width
  if (!isLength)
    throw new AddressError('LENGTH_OUT_OF_RANGE', `Cannot write a block of IPv${bits.family} with length ${bits.length}`)
  if (bits.value < 0n || bits.value >= 1n << BigInt(width))
    throw new AddressError('ADDRESS_OUT_OF_RANGE', `Cannot write ${bits.value} as a block: it does not fit in ${width} bits`)
  const words = new Uint32Array(4)
  if (bits.family === 4) words[0] = Number(bits.value)
  else for (let word = 0; word < 4; word += 1) words[word] = Number((bits.value >> BigInt(96 - 32 * word)) & 0xffff_ffffn)
  if (hasHostBits(words, bits.length))
    throw new AddressError('HOST_BITS', `Cannot write ${bits.value}/${bits.length} as a block: bits are set after the prefix`)
  return textOfWords({ family: bits.family, words, length: bits.length })
}

/** Order of lists and documents: v4 before v6, then by address, then the wider prefix first. */
export function compareBlocks(a: Block, b: Block): number {
  return compareWords(wordsOf(a), wordsOf(b))
}

/** True where every address of `inner` is one of `outer`; a block covers itself. */
export function covers(outer: Block, inner: Block): boolean {
  return wordsCover(wordsOf(outer), wordsOf(inner))
}

/** `blocks` in the order of `compareBlocks`, in a new array. Reads each block once. */
export function sortBlocks(blocks: Iterable<Block>): Block[] {
  return Array.from(blocks, (block) => ({ block, words: wordsOf(block) }))
    .sort((a, b) => compareWords(a.words, b.words))
    .map(({ block }) => block)
}

/** The plain numbers of `block`. @throws AddressError NOT_CANONICAL */
export function wordsOf(block: Block): BlockWords {
  const words = createBlockWords()
  if (!readBlockWords(block, 0, block.length, words))
    throw new AddressError('NOT_CANONICAL', `Cannot read the block ${quoteText(block)}: it is not in canonical form`)
  return words
}
