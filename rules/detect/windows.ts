/** A sliding window: a ring of sub-buckets that always covers at least `spanMs` and at most one sub-bucket more. */
export interface SlidingWindow {
  readonly spanMs: number
  readonly bucketMs: number
  /** Sub-buckets in the ring: `spanMs / bucketMs` whole ones and the one being filled. */
  readonly buckets: number
}

/** Shortest first. A sub-bucket of one window is made of whole sub-buckets of those before it, so that one look tells which have ended. */
export const WINDOWS = {
  '30s': windowOf(30_000, 2_500),
  '1m': windowOf(60_000, 5_000),
  '10m': windowOf(600_000, 60_000),
  '1h': windowOf(3_600_000, 300_000),
  '24h': windowOf(86_400_000, 7_200_000),
} as const satisfies Readonly<Record<string, SlidingWindow>>

export type WindowName = keyof typeof WINDOWS

/** Shortest first. */
export const WINDOW_NAMES = Object.keys(WINDOWS) as readonly WindowName[]

/** A window's number in the counters. */
export function windowNumber(name: WindowName): number {
  return WINDOW_NAMES.indexOf(name)
}

function windowOf(spanMs: number, bucketMs: number): SlidingWindow {
  return { spanMs, bucketMs, buckets: spanMs / bucketMs + 1 }
}
