import { CELL_COUNT, MAX_RANK, REGISTER_COUNT } from './cell.ts'

const ALPHA = 0.5 / Math.LN2

/** Distinct hashes behind so many different cells: linear counting (Whang 1990), ± 0.1 % at 3,584 cells. */
export function estimateFromCells(cells: number): number {
  return CELL_COUNT * Math.log(CELL_COUNT / (CELL_COUNT - cells))
}

/**
 * Distinct hashes behind registers of which `histogram[rank]` hold each rank. Improved raw estimator, without bias from 0 to 10¹⁸ and
 * without a table of corrections (Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6).
 */
export function estimateFromHistogram(histogram: Uint16Array): number {
  let z = REGISTER_COUNT * tau(1 - (histogram[MAX_RANK] as number) / REGISTER_COUNT)
  for (let rank = MAX_RANK - 1; rank > 0; rank--) z = 0.5 * (z + (histogram[rank] as number))
  z += REGISTER_COUNT * sigma((histogram[0] as number) / REGISTER_COUNT)
  return (ALPHA * REGISTER_COUNT * REGISTER_COUNT) / z
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY
  let x = share
  let y = 1
  let sum = share
  for (let before = -1; sum !== before; y += y) {
    before = sum
    x *= x
    sum += x * y
  }
  return sum
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let x = share
  let y = 1
  let sum = 1 - share
  for (let before = -1; sum !== before; ) {
    before = sum
    x = Math.sqrt(x)
    y *= 0.5
    sum -= (1 - x) ** 2 * y
  }
  return sum / 3
}
