import { type Static, Type } from 'typebox'
import { ringLayoutOf } from './ring-layout.ts'
import { PAGE_BITS, PAGE_SLOTS, RingPage } from './ring-page.ts'
import { COUNT } from './state/state-reader.ts'
import { WINDOW_NAMES } from './windows.ts'

/**
 * What is counted: every look-up; those of a person not seen lately, and of one seen lately; `persons`: those that may each be another
 * person, all but the known repeats.
 */
export type Series = 'lookups' | 'newSubjects' | 'repeats' | 'persons'

const LAYOUT = ringLayoutOf(WINDOW_NAMES)
const BUCKET_MS = LAYOUT.stepMs
const PERSONS = 0
const REPEATS = 1
/** Of the persons: look-ups that tell nobody, kept apart only on a page that has both kinds. */
const UNTOLD = 2

const Tells = Type.Union(
  (['nothing yet', 'no person', 'each person', 'some persons'] as const).map((tells) => Type.Literal(tells)),
)
type Tells = 'nothing yet' | 'no person' | 'each person' | 'some persons'

/** Which pages there are, and what they hold. */
export const CountersShape = Type.Object({
  late: COUNT,
  pages: Type.Array(
    Type.Object({ tells: Type.Unsafe<Tells>(Tells), made: Type.Array(Type.Integer({ minimum: 0, maximum: 2 })) }),
  ),
})

interface CounterPage {
  readonly rings: RingPage
  /** What the look-ups of this page told so far: most logs tell the person of all of them or of none. */
  tells: Tells
}

/**
 * Sliding counts of many accounts in typed arrays, made page by page as slots come into use. Each account's windows end at its
 * own newest request, so that a log that lags behind another one is judged no differently. A request that is late but inside a
 * window is counted where it belongs; one older than the window is not.
 */
export class SlidingCounters {
  readonly #pages: CounterPage[] = []
  /** Requests that came too late for the shortest window. */
  late = 0

  /** Counts one look-up at `atMs`; `kind` says what is known of its subject. `true`: it came too late for the shortest window. */
  add(slot: number, atMs: number, kind: 'newSubjects' | 'repeats' | undefined): boolean {
    const page = this.#pageOf(slot)
    const local = slot & (PAGE_SLOTS - 1)
    const bucket = Math.floor(atMs / BUCKET_MS)
    if (kind === undefined ? page.tells !== 'no person' : page.tells !== 'each person') this.#note(page, kind)
    const isLate = page.rings.reach(local, bucket)
    if (isLate) this.late++
    page.rings.count(local, kind === 'repeats' ? REPEATS : PERSONS, bucket)
    if (kind === undefined && page.tells === 'some persons') page.rings.count(local, UNTOLD, bucket)
    return isLate
  }

  /** Count in a window, by its number (`windowNumber`), that ends at the account's newest request. */
  read(slot: number, window: number, series: Series): number {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page === undefined) return 0
    const local = slot & (PAGE_SLOTS - 1)
    const persons = page.rings.find(PERSONS)?.read(local, window) ?? 0
    if (series === 'persons') return persons
    if (series === 'newSubjects') return persons - (this.#untoldOf(page)?.read(local, window) ?? 0)
    const repeats = page.rings.find(REPEATS)?.read(local, window) ?? 0
    return series === 'repeats' ? repeats : persons + repeats
  }

  /** The same count, of a window that ends at `nowMs` if that is later: as if time had passed without a request. */
  readAt(slot: number, window: number, series: Series, nowMs: number): number {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page === undefined) return 0
    const at = (number: number): number => page.rings.readAt(slot & (PAGE_SLOTS - 1), number, window, nowMs)
    if (series === 'repeats') return at(REPEATS)
    if (series === 'lookups') return at(PERSONS) + at(REPEATS)
    const isTold = series === 'persons' || page.tells === 'each person'
    return at(PERSONS) - (isTold ? 0 : at(page.tells === 'some persons' ? UNTOLD : PERSONS))
  }

  /** Persons, and look-ups that tell none, from `fromMs` to before `toMs`: whole sub-buckets of a window, as far as it still holds them. */
  readSpan(slot: number, window: number, fromMs: number, toMs: number): { readonly persons: number; readonly untold: number } {
    const page = this.#pages[slot >>> PAGE_BITS]
    if (page === undefined) return { persons: 0, untold: 0 }
    const of = (number: number): number => page.rings.readSpan(slot & (PAGE_SLOTS - 1), number, window, fromMs, toMs)
    const all = of(PERSONS)
    const untold = page.tells === 'each person' ? 0 : page.tells === 'some persons' ? of(UNTOLD) : all
    return { persons: all - untold, untold }
  }

  /** What it needs to be made again, for the arrays to fit. */
  shape(): Static<typeof CountersShape> {
    return { late: this.late, pages: this.#pages.map(({ rings, tells }) => ({ tells, made: rings.made })) }
  }

  /** Makes what `shape` told, all of it zero. */
  reshape({ late, pages }: Static<typeof CountersShape>): void {
    this.late = late
    for (const [number, { tells, made }] of pages.entries()) {
      const page = this.#pageOf(number << PAGE_BITS)
      page.tells = tells
      for (const series of made) page.rings.make(series)
    }
  }

  /** All that it holds, in a fixed order. */
  *arrays(): Generator<ArrayBufferView> {
    for (const { rings } of this.#pages) yield* rings.arrays()
  }

  /** Forgets an account; its slot may be given to another one. */
  clear(slot: number): void {
    this.#pageOf(slot).rings.clear(slot & (PAGE_SLOTS - 1))
  }

  #untoldOf(page: CounterPage) {
    if (page.tells === 'each person') return undefined
    return page.rings.find(page.tells === 'some persons' ? UNTOLD : PERSONS)
  }

  /** A look-up tells more, or less, than all before it on this page. */
  #note(page: CounterPage, kind: 'newSubjects' | 'repeats' | undefined): void {
    if (page.tells === 'nothing yet') page.tells = kind === undefined ? 'no person' : 'each person'
    else {
      if (page.tells === 'no person') page.rings.make(UNTOLD).copyFrom(page.rings.make(PERSONS))
      page.tells = 'some persons'
    }
  }

  #pageOf(slot: number): CounterPage {
    const number = slot >>> PAGE_BITS
    const page = this.#pages[number]
    if (page !== undefined) return page
    const fresh: CounterPage = { rings: new RingPage(LAYOUT, PAGE_SLOTS), tells: 'nothing yet' }
    fresh.rings.make(PERSONS)
    this.#pages[number] = fresh
    return fresh
  }
}
