import { wordsOf } from '../addresses/block-bits.ts'
import { type BlockWords, compareWords, createBlockWords, readBlockWords } from '../addresses/block-words.ts'
import { cutWords } from '../addresses/cut-words.ts'
import { parseBlock } from '../addresses/parse-block.ts'
import type { Owner } from './allow-document.ts'
import { ownerOf } from './owner-text.ts'

const TAB = 0x09

/**
 * Finds owners in the bytes of a document that was judged already: four bytes an entry, and a line is read only when somebody asks.
 * Line i stands from `offsets[i]` to before `offsets[i + 1]`; `lengths4` and `lengths6` mark the prefix lengths that occur.
 */
export function createOwnerIndex(
  buffer: Buffer,
  offsets: Uint32Array,
  lengths4: Uint8Array,
  lengths6: Uint8Array,
): (address: string) => readonly Owner[] {
  const count = offsets.length - 1
  const at = createBlockWords()

  const readLine = (line: number): number => {
    const start = offsets[line] ?? 0
    const tab = buffer.indexOf(TAB, start)
    const text = buffer.toString('latin1', start, tab)
    readBlockWords(text, 0, text.length, at)
    return tab
  }
  const findLine = (wanted: BlockWords): number => {
    let low = 0
    let high = count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      readLine(middle)
      const order = compareWords(at, wanted)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
  return (address) => {
    const wanted = wordsOf(parseBlock(address))
    const lengths = wanted.family === 4 ? lengths4 : lengths6
    for (let length = wanted.length; length >= 0; length -= 1) {
      if (lengths[length] !== 1) continue
      const line = findLine(cutWords(wanted, length))
      if (line < 0) continue
      const owners = buffer.toString('utf8', readLine(line) + 1, (offsets[line + 1] ?? 0) - 1)
      return owners.split('\t').map(ownerOf)
    }
    return []
  }
}
