import type { BlockSet } from './block-set.ts'

/** What to delete from and what to add to the kernel's sets: exact elements, each in its own list. */
export interface BlockSetDifference {
  readonly added: BlockSet
  readonly removed: BlockSet
}

/** The elements of `to` that `from` lacks, and the other way round, by one merge walk a list. A prefix with another length is another element. */
export function differenceOf(from: BlockSet, to: BlockSet): BlockSetDifference {
  const [before, after] = withoutCommonEnds(from, to)
  return { added: missingFrom(before, after), removed: missingFrom(after, before) }
}

/** Both without the elements at head and tail of each list in which they agree: of two lists that differ in one host, nearly all. */
function withoutCommonEnds(from: BlockSet, to: BlockSet): readonly [BlockSet, BlockSet] {
  const hosts4 = findEnds([from.host4], [to.host4], 1)
  const nets4 = findEnds([from.net4, from.net4Length], [to.net4, to.net4Length], 1)
  const hosts6 = findEnds([wordsOf(from.host6)], [wordsOf(to.host6)], 4)
  const nets6 = findEnds([wordsOf(from.net6), from.net6Length], [wordsOf(to.net6), to.net6Length], 4)
  const cut = (set: BlockSet): BlockSet => ({
    host4: set.host4.subarray(hosts4.head, set.host4.length - hosts4.tail),
    net4: set.net4.subarray(nets4.head, set.net4.length - nets4.tail),
    net4Length: set.net4Length.subarray(nets4.head, set.net4Length.length - nets4.tail),
    host6: set.host6.subarray(2 * hosts6.head, set.host6.length - 2 * hosts6.tail),
    net6: set.net6.subarray(2 * nets6.head, set.net6.length - 2 * nets6.tail),
    net6Length: set.net6Length.subarray(nets6.head, set.net6Length.length - nets6.tail),
  })
  return [cut(from), cut(to)]
}

type Numbers = Uint32Array | Uint8Array
/** So many elements are compared at a time. */
const PIECE = 4096
/** One list, or the words of addresses beside their prefix lengths. */
type Columns = readonly [Uint32Array, Uint8Array?]

/** How many elements agree at both ends; `width` words of the first column are one element. */
function findEnds(
  [a, aLengths]: Columns,
  [b, bLengths]: Columns,
  width: number,
): { readonly head: number; readonly tail: number } {
  const count = Math.min(a.length, b.length) / width
  const lengths = aLengths !== undefined && bLengths !== undefined ? ([aLengths, bLengths] as const) : undefined
  const words = Math.floor(commonHead(a, b, count * width) / width)
  const head = lengths === undefined ? words : commonHead(...lengths, words)
  const rest = count - head
  const lastWords = Math.floor(commonTail(a, b, rest * width) / width)
  return { head, tail: lengths === undefined ? lastWords : commonTail(...lengths, lastWords) }
}

function commonHead(a: Numbers, b: Numbers, limit: number): number {
  if (a === b) return limit
  let at = 0
  while (at + PIECE <= limit && isSamePiece(a, at, b, at)) at += PIECE
  while (at < limit && a[at] === b[at]) at += 1
  return at
}

function commonTail(a: Numbers, b: Numbers, limit: number): number {
  let at = 0
  while (at + PIECE <= limit && isSamePiece(a, a.length - at - PIECE, b, b.length - at - PIECE)) at += PIECE
  while (at < limit && a[a.length - 1 - at] === b[b.length - 1 - at]) at += 1
  return at
}

/** By memory, as no loop over a million can. */
function isSamePiece(a: Numbers, atA: number, b: Numbers, atB: number): boolean {
  return bytesOf(a, atA).equals(bytesOf(b, atB))
}

function bytesOf(numbers: Numbers, at: number): Buffer {
  const width = numbers.BYTES_PER_ELEMENT
  return Buffer.from(numbers.buffer, numbers.byteOffset + at * width, PIECE * width)
}

/** The same memory by halves of a word: comparing BigInts would make one for each. */
function wordsOf(pairs: BigUint64Array): Uint32Array {
  return new Uint32Array(pairs.buffer, pairs.byteOffset, 2 * pairs.length)
}

/** The elements of `wanted` that `held` lacks. */
function missingFrom(held: BlockSet, wanted: BlockSet): BlockSet {
  const hosts4 = missing(wanted.host4.length, held.host4.length, (i, j) => (wanted.host4[i] ?? 0) - (held.host4[j] ?? 0))
  const nets4 = missing(
    wanted.net4.length,
    held.net4.length,
    (i, j) => (wanted.net4[i] ?? 0) - (held.net4[j] ?? 0) || (wanted.net4Length[i] ?? 0) - (held.net4Length[j] ?? 0),
  )
  const hosts6 = missing(wanted.host6.length / 2, held.host6.length / 2, (i, j) => comparePairs(wanted.host6, i, held.host6, j))
  const nets6 = missing(
    wanted.net6.length / 2,
    held.net6.length / 2,
    (i, j) => comparePairs(wanted.net6, i, held.net6, j) || (wanted.net6Length[i] ?? 0) - (held.net6Length[j] ?? 0),
  )
  return {
    host4: Uint32Array.from(hosts4, (i) => wanted.host4[i] ?? 0),
    net4: Uint32Array.from(nets4, (i) => wanted.net4[i] ?? 0),
    net4Length: Uint8Array.from(nets4, (i) => wanted.net4Length[i] ?? 0),
    host6: pairsAt(wanted.host6, hosts6),
    net6: pairsAt(wanted.net6, nets6),
    net6Length: Uint8Array.from(nets6, (i) => wanted.net6Length[i] ?? 0),
  }
}

/** Positions of the sorted `wanted` that meet no equal among the sorted `held`. */
function missing(wantedCount: number, heldCount: number, compare: (wanted: number, held: number) => number): number[] {
  const positions: number[] = []
  let held = 0
  for (let wanted = 0; wanted < wantedCount; wanted += 1) {
    let order = -1
    while (held < heldCount) {
      order = compare(wanted, held)
      if (order <= 0) break
      held += 1
    }
    if (held === heldCount || order < 0) positions.push(wanted)
  }
  return positions
}

function comparePairs(a: BigUint64Array, i: number, b: BigUint64Array, j: number): number {
  const aHigh = a[2 * i] ?? 0n
  const bHigh = b[2 * j] ?? 0n
  if (aHigh !== bHigh) return aHigh < bHigh ? -1 : 1
  const aLow = a[2 * i + 1] ?? 0n
  const bLow = b[2 * j + 1] ?? 0n
  if (aLow === bLow) return 0
  return aLow < bLow ? -1 : 1
}

function pairsAt(pairs: BigUint64Array, positions: readonly number[]): BigUint64Array {
  const result = new BigUint64Array(2 * positions.length)
  positions.forEach((position, i) => {
    result[2 * i] = pairs[2 * position] ?? 0n
    result[2 * i + 1] = pairs[2 * position + 1] ?? 0n
  })
  return result
}
