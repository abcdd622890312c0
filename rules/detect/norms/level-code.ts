/** Steps of a doubling: one step is 5.9 %. */
const STEPS = 12

/** A count in one byte, on a logarithmic scale: 1 is nothing, 255 is 2.3 million, a step is 5.9 %; 0 is left for «not known». */
export function levelOf(count: number): number {
  return Math.min(255, Math.max(1, 1 + Math.round(STEPS * Math.log2(1 + Math.max(0, count)))))
}

/** The count behind a level; 0 for «not known». */
export function countOf(level: number): number {
  return level === 0 ? 0 : 2 ** ((level - 1) / STEPS) - 1
}
