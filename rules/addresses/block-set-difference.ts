import type { BlockSet } from './block-set.ts'

/** What to delete from and what to add to the kernel's sets: exact elements, each in its own list. */
export interface BlockSetDifference {
  readonly added: BlockSet
  readonly removed: BlockSet
}

/** The elements of `to` that `from` lacks, and the other way round, by one merge walk a list. A prefix with another length is another element. */
export function differenceOf(from: BlockSet, to: BlockSet): BlockSetDifference {
  return { added: missingFrom(from, to), removed: missingFrom(to, from) }
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
