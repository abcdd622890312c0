import { WINDOWS, type WindowName } from './windows.ts'

/** Where the sub-buckets of one account's windows stand, one series: the windows one after the other, shortest first. */
export interface RingLayout {
  readonly windows: readonly WindowName[]
  /** Length of the shortest sub-bucket. */
  readonly stepMs: number
  /** Per window: shortest sub-buckets in one of its own. */
  readonly ratios: Int32Array
  readonly buckets: Int32Array
  readonly starts: Int32Array
  /** Sub-buckets of all windows together. */
  readonly length: number
}

/** @param windows shortest first */
export function ringLayoutOf(windows: readonly WindowName[]): RingLayout {
  const list = windows.map((name) => WINDOWS[name])
  const stepMs = list[0]?.bucketMs ?? 1
  const buckets = list.map((window) => window.buckets)
  return {
    windows,
    stepMs,
    ratios: Int32Array.from(list, ({ bucketMs }) => bucketMs / stepMs),
    buckets: Int32Array.from(buckets),
    starts: Int32Array.from(buckets, (_, at) => sum(buckets.slice(0, at))),
    length: sum(buckets),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
