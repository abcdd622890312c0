import type { Block } from './block.ts'
import { readV6Words } from './read-v6-words.ts'
import { groupOf, zeroRunOf } from './zero-run.ts'

/**
 * A block as plain numbers, for loops over a million of them: no BigInt, no garbage. `words[0..3]` are 32 bits each, the highest first;
 * v4 has its address in `words[0]`. One object is filled again and again by `readBlockWords`.
 */
export interface BlockWords {
  family: 4 | 6
  readonly words: Uint32Array
  length: number
}

/** An empty one to be filled. */
export function createBlockWords(): BlockWords {
  return { family: 4, words: new Uint32Array(4), length: 0 }
}

const ZERO = 0x30
const NINE = 0x39
const SLASH = 0x2f
const DOT = 0x2e
const COLON = 0x3a

/**
 * Reads `text` from `start` up to `end` into `into`; false where it is not exactly the canonical form, host bits included: what this takes, `textOfWords`
 * gives back byte for byte. Far cheaper than `parseBlock`, and only for text that is said to be canonical already.
 */
export function readBlockWords(text: string, start: number, end: number, into: BlockWords): boolean {
  for (let at = start; at < end && at < start + 5; at += 1) {
    if (text.charCodeAt(at) === COLON) return readV6(text, start, end, into)
  }
  return readV4(text, start, end, into)
}

function readV4(text: string, start: number, end: number, into: BlockWords): boolean {
  let at = start
  let address = 0
  for (let octet = 0; octet < 4; octet += 1) {
    if (octet > 0) {
      if (at >= end || text.charCodeAt(at) !== DOT) return false
      at += 1
    }
    const first = at
    let value = 0
    while (at < end && at < first + 3) {
      const code = text.charCodeAt(at)
      if (code < ZERO || code > NINE) break
      value = value * 10 + code - ZERO
      at += 1
    }
    if (at === first || value > 255 || (at > first + 1 && text.charCodeAt(first) === ZERO)) return false
    address = address * 256 + value
  }
  const length = readLength(text, at, end, 32)
  if (length < 0) return false
  into.family = 4
  into.words[0] = address
  into.length = length
  return length === 32 || address % 2 ** (32 - length) === 0
}

function readV6(text: string, start: number, end: number, into: BlockWords): boolean {
  let slash = start
  while (slash < end && text.charCodeAt(slash) !== SLASH) slash += 1
  const length = readLength(text, slash, end, 128)
  if (length < 0) return false
  into.family = 6
  into.length = length
  return readV6Words(text, start, slash, into.words) && !hasHostBits(into.words, length)
}

/** The prefix length written from `at` on, `max` where nothing is written, -1 where it is not canonical (a host is written without). */
function readLength(text: string, at: number, end: number, max: 32 | 128): number {
  if (at === end) return max
  const digits = end - at - 1
  if (text.charCodeAt(at) !== SLASH || digits < 1 || digits > 3) return -1
  let length = 0
  for (let index = at + 1; index < end; index += 1) {
    const code = text.charCodeAt(index)
    if (code < ZERO || code > NINE) return -1
    length = length * 10 + code - ZERO
  }
  if (digits > 1 && text.charCodeAt(at + 1) === ZERO) return -1
  return length < max ? length : -1
}

/** True where bits are set after the first `length` ones. */
export function hasHostBits(words: Uint32Array, length: number): boolean {
  for (let word = 0; word < 4; word += 1) {
    const bits = Math.min(32, Math.max(0, length - 32 * word))
    if (bits < 32 && (words[word] ?? 0) % 2 ** (32 - bits) !== 0) return true
  }
  return false
}

/** Canonical text from numbers. Host bits must be zero. */
export function textOfWords(block: BlockWords): Block {
  return (
    block.family === 4 ? textOfV4(block.words[0] ?? 0, block.length) : withLength(textOfV6(block.words), block.length, 128)
  ) as Block
}

/** Canonical text of a v4 block. */
export function textOfV4(address: number, length: number): string {
  return withLength(`${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`, length, 32)
}

/** Text of an IPv6 address by RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
export function textOfV6(words: Uint32Array): string {
  const run = zeroRunOf(words)
  if (run === 0) return hexOf(words, 0, 8)
  const gapAt = run >>> 4
  return `${hexOf(words, 0, gapAt)}::${hexOf(words, gapAt + (run & 15), 8)}`
}

function hexOf(words: Uint32Array, from: number, until: number): string {
  let text = ''
  for (let index = from; index < until; index += 1) text += (index === from ? '' : ':') + groupOf(words, index).toString(16)
  return text
}

function withLength(address: string, length: number, max: 32 | 128): string {
  return length === max ? address : `${address}/${length}`
}

/** v4 before v6, then by address, then the wider prefix first. */
export function compareWords(a: BlockWords, b: BlockWords): number {
  if (a.family !== b.family) return a.family - b.family
  const count = a.family === 4 ? 1 : 4
  for (let word = 0; word < count; word += 1) {
    const difference = (a.words[word] ?? 0) - (b.words[word] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** True where every address of `inner` is one of `outer`. */
export function wordsCover(outer: BlockWords, inner: BlockWords): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false
  for (let word = 0; word < 4 && 32 * word < outer.length; word += 1) {
    const bits = Math.min(32, outer.length - 32 * word)
    const shift = 32 - bits
    if ((outer.words[word] ?? 0) >>> shift !== (inner.words[word] ?? 0) >>> shift) return false
  }
  return true
}
