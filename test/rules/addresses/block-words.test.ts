import { describe, expect, it } from 'vitest'
import { createBlockWords, readBlockWords, textOfWords } from '../../../rules/addresses/block-words.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { addressText } from '../../support/address-texts.ts'
import { createSeeded } from '../../support/seeded.ts'

describe('readBlockWords', () => {
  it('takes exactly the texts that parseBlock gives back unchanged, for 60,000 seeded texts', () => {
    const random = createSeeded(4291)
    const words = createBlockWords()
    const counts = { same: 0, other: 0, refused: 0 }
    for (let i = 0; i < 60_000; i += 1) {
      const text = addressText(random)
      const block = findBlock(text)
      const isRead = readBlockWords(text, 0, text.length, words)
      if (isRead !== (block === text))
        expect.fail(`readBlockWords(${JSON.stringify(text)}) is ${isRead}, parseBlock gives ${block}`)
      if (isRead && textOfWords(words) !== text) expect.fail(`${text} was read and written as ${textOfWords(words)}`)
      counts[block === undefined ? 'refused' : block === text ? 'same' : 'other'] += 1
      if (block !== undefined && !(readBlockWords(block, 0, block.length, words) && textOfWords(words) === block))
        expect.fail(`the canonical ${block} is not read`)
    }
    expect(Math.min(counts.same, counts.other, counts.refused)).toBeGreaterThan(3_000)
  })

  it('stops at the end it is given', () => {
    const words = createBlockWords()
    expect(readBlockWords('x8.8.8.89', 1, 8, words) && textOfWords(words)).toBe('8.8.8.8')
    expect(readBlockWords('x2405::19', 1, 8, words) && textOfWords(words)).toBe('2405::1')
    expect(readBlockWords('8.8.8.8', 0, 6, words)).toBe(false)
  })
})

function findBlock(text: string): string | undefined {
  try {
    return parseBlock(text)
  } catch {
    return undefined
  }
}
