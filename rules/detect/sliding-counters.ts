import { WINDOW_NAMES, WINDOWS } from './windows.ts'

/** What is counted: every look-up, those of a person not seen lately, those of one seen lately. */
export type Series = 'lookups' | 'newSubjects' | 'repeats'

const WINDOW_LIST = WINDOW_NAMES.map((name) => WINDOWS[name])
const WINDOW_COUNT = WINDOW_LIST.length
const RING_STARTS = WINDOW_LIST.map((_, number) => WINDOW_LIST.slice(0, number).reduce((sum, { buckets }) => sum + buckets, 0))
const RING_LENGTH = WINDOW_LIST.reduce((sum, { buckets }) => sum + buckets, 0)
const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
/** A sub-bucket stops here: more than 18 look-ups a second for an hour reads as 18, past every limit all the same. */
const MAX_COUNT = 0xffff
/** So many late requests of one account in a row, and its clock is believed to have been set back. */
const LATE_RUN = 16

interface SeriesPage {
  readonly counts: Uint16Array
  readonly sums: Uint32Array
}
interface Page {
  readonly lookups: SeriesPage
  /** Number of the newest sub-bucket per window since 1970; 0 before the first request. */
  readonly newest: Uint32Array
  readonly lateRun: Uint8Array
  /** Made when the first request with a subject comes: most logs have none. */
  newSubjects: SeriesPage | undefined
  repeats: SeriesPage | undefined
}

/**
 * Sliding counts of many accounts in typed arrays, made page by page as slots come into use. Each account's windows end at its
 * own newest request, so that a log that lags behind another one is judged no differently. A request that is late but inside a
 * window is counted where it belongs; one older than the window is not.
 */
export class SlidingCounters {
  readonly #pages: Page[] = []
  /** Requests that came too late for the shortest window. */
  late = 0

  /** Counts one look-up at `atMs`; `kind` says what is known of its subject. */
  add(slot: number, atMs: number, kind: 'newSubjects' | 'repeats' | undefined): void {
    const page = this.#pageOf(slot)
    const local = slot & (PAGE_SLOTS - 1)
    if (kind !== undefined) page[kind] ??= createSeriesPage()
    const known = kind === undefined ? undefined : page[kind]
    const isRebase = this.#isLate(page, local, atMs)
    for (let number = 0; number < WINDOW_COUNT; number++) {
      const { bucketMs, buckets } = WINDOW_LIST[number] as (typeof WINDOW_LIST)[number]
      const bucket = Math.floor(atMs / bucketMs)
      const head = page.newest[local * WINDOW_COUNT + number] as number
      if (bucket > head) rotate(page, local, number, head, bucket)
      else if (bucket <= head - buckets) {
        if (!isRebase) continue
        rotate(page, local, number, head, bucket)
      }
      const at = local * RING_LENGTH + (RING_STARTS[number] as number) + (bucket % buckets)
      const sumAt = local * WINDOW_COUNT + number
      increase(page.lookups, at, sumAt)
      if (known !== undefined) increase(known, at, sumAt)
    }
  }

  /** Count in a window, by its number (`windowNumber`), that ends at the account's newest request. */
  read(slot: number, window: number, series: Series): number {
    return this.#pages[slot >>> PAGE_BITS]?.[series]?.sums[(slot & (PAGE_SLOTS - 1)) * WINDOW_COUNT + window] ?? 0
  }

  /** The same count, of a window that ends at `nowMs` if that is later: as if time had passed without a request. */
  readAt(slot: number, window: number, series: Series, nowMs: number): number {
    const page = this.#pages[slot >>> PAGE_BITS]
    const counts = page?.[series]?.counts
    if (page === undefined || counts === undefined) return 0
    const local = slot & (PAGE_SLOTS - 1)
    const { bucketMs, buckets } = WINDOW_LIST[window] as (typeof WINDOW_LIST)[number]
    const head = page.newest[local * WINDOW_COUNT + window] as number
    const oldest = Math.max(head, Math.floor(nowMs / bucketMs)) - buckets + 1
    const start = local * RING_LENGTH + (RING_STARTS[window] as number)
    let sum = 0
    for (let bucket = oldest; bucket <= head; bucket++) sum += counts[start + (bucket % buckets)] as number
    return sum
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    const page = this.#pageOf(slot)
    const local = slot & (PAGE_SLOTS - 1)
    page.newest.fill(0, local * WINDOW_COUNT, (local + 1) * WINDOW_COUNT)
    page.lateRun[local] = 0
    for (const series of [page.lookups, page.newSubjects, page.repeats]) {
      series?.counts.fill(0, local * RING_LENGTH, (local + 1) * RING_LENGTH)
      series?.sums.fill(0, local * WINDOW_COUNT, (local + 1) * WINDOW_COUNT)
    }
  }

  /** True when the account's clock must have been set back, so that this request begins its windows anew. */
  #isLate(page: Page, local: number, atMs: number): boolean {
    const { bucketMs, buckets } = WINDOWS['30s']
    const head = page.newest[local * WINDOW_COUNT] as number
    if (Math.floor(atMs / bucketMs) > head - buckets) {
      page.lateRun[local] = 0
      return false
    }
    this.late++
    const run = (page.lateRun[local] as number) + 1
    page.lateRun[local] = run === LATE_RUN ? 0 : run
    return run === LATE_RUN
  }

  #pageOf(slot: number): Page {
    const number = slot >>> PAGE_BITS
    const page = this.#pages[number]
    if (page !== undefined) return page
    const fresh: Page = {
      lookups: createSeriesPage(),
      newest: new Uint32Array(PAGE_SLOTS * WINDOW_COUNT),
      lateRun: new Uint8Array(PAGE_SLOTS),
      newSubjects: undefined,
      repeats: undefined,
    }
    this.#pages[number] = fresh
    return fresh
  }
}

function createSeriesPage(): SeriesPage {
  return { counts: new Uint16Array(PAGE_SLOTS * RING_LENGTH), sums: new Uint32Array(PAGE_SLOTS * WINDOW_COUNT) }
}

/** Makes `bucket` the newest of a window's ring and empties what it pushes out: all of it when time stepped back. */
function rotate(page: Page, local: number, number: number, head: number, bucket: number): void {
  const { buckets } = WINDOW_LIST[number] as (typeof WINDOW_LIST)[number]
  const sumAt = local * WINDOW_COUNT + number
  page.newest[sumAt] = bucket
  if (head === 0) return
  const steps = bucket > head ? Math.min(bucket - head, buckets) : buckets
  const start = local * RING_LENGTH + (RING_STARTS[number] as number)
  empty(page.lookups, start, sumAt, bucket, steps, buckets)
  if (page.newSubjects !== undefined) empty(page.newSubjects, start, sumAt, bucket, steps, buckets)
  if (page.repeats !== undefined) empty(page.repeats, start, sumAt, bucket, steps, buckets)
}

function empty(series: SeriesPage, start: number, sumAt: number, bucket: number, steps: number, buckets: number): void {
  let sum = series.sums[sumAt] as number
  if (sum === 0) return
  for (let step = 0; step < steps; step++) {
    const at = start + ((bucket - step) % buckets)
    sum -= series.counts[at] as number
    series.counts[at] = 0
  }
  series.sums[sumAt] = sum
}

function increase(series: SeriesPage, at: number, sumAt: number): void {
  const count = series.counts[at] as number
  if (count === MAX_COUNT) return
  series.counts[at] = count + 1
  series.sums[sumAt] = (series.sums[sumAt] as number) + 1
}
