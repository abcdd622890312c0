import type { Account } from '../detect/account.ts'
import type { EventKind, EventWindow } from '../detect/account-details.ts'
import type { TurningFigures } from '../detect/judge.ts'
import { createNorm, type Norm } from '../detect/norms/norm.ts'
import { createWalkFigures, type WalkFigures } from '../detect/walk/walk-tracker.ts'
import { type WindowName, windowNumber } from '../detect/windows.ts'
import type { FunctionClass } from '../requests/attributed-request.ts'
import type { FleetTallies } from '../tallies/fleet-tallies.ts'
import { MINUTE_MS } from '../tallies/tally.ts'
import { TallySum } from '../tallies/tally-sum.ts'
import type { FleetNorms } from './fleet-norms.ts'
import { personsTold } from './people-of.ts'

const MINUTES: readonly { readonly window: WindowName; readonly minutes: number }[] = [
  { window: '10m', minutes: 10 },
  { window: '1h', minutes: 60 },
  { window: '24h', minutes: 1_440 },
]
const HALF_MINUTE = windowNumber('30s')
const MINUTE = windowNumber('1m')
const HOUR_S = 3600

/**
 * The figures of one account over all edges, as the rules of the detection read them. Tallies know minutes: half a minute counts as half of the busier one of the last
 * two, which never says more than there was. What edges do not tell (walks, registered addresses) is silent here; their own detection looks at it.
 */
export class SumFigures implements TurningFigures {
  readonly #tallies: FleetTallies
  readonly #untoldShare: number
  readonly #norms: FleetNorms
  readonly #norm: Norm = createNorm()
  readonly #walk: WalkFigures = createWalkFigures()
  readonly #sums = new Map<number, TallySum>()
  #token = ''
  /** The minute in which a person released the account: it and those before it count no more. */
  #releasedMinute = -1
  atMs = 0
  class: FunctionClass = 'lookup'
  dailyVisits: number | undefined
  readonly usualBurst = 0
  readonly daysSeen = 0
  readonly group = undefined
  readonly isShared = false

  readonly #releasedMs: (token: string) => number | undefined

  /** @param lookupsPerPerson look-ups that count as one person where nobody is told */
  constructor(
    tallies: FleetTallies,
    norms: FleetNorms,
    lookupsPerPerson: number,
    releasedMs: (token: string) => number | undefined = () => undefined,
  ) {
    this.#releasedMs = releasedMs
    this.#tallies = tallies
    this.#norms = norms
    this.#untoldShare = 1 - 1 / lookupsPerPerson
  }

  turnTo(account: Account, _slot: number, atMs: number, kind: FunctionClass): this {
    this.#token = account.name
    const releasedMs = this.#releasedMs(account.name)
    this.#releasedMinute = releasedMs === undefined ? -1 : Math.floor(releasedMs / MINUTE_MS)
    this.#sums.clear()
    this.atMs = atMs
    this.class = kind
    this.dailyVisits = account.dailyVisits
    return this
  }

  lookups(window: number): number {
    return this.#read(window, ({ counts }) => counts.lookups)
  }

  subjects(window: number): number {
    return this.#read(window, personsTold)
  }

  persons(window: number): number {
    return this.#read(window, (sum) => personsTold(sum) + sum.untold)
  }

  get busiestMinute(): number {
    return this.persons(MINUTE)
  }

  people(window: number): number {
    return this.#read(window, (sum) => personsTold(sum) + sum.untold * (1 - this.#untoldShare))
  }

  events(kind: EventKind, window: EventWindow): number {
    return kind === 'misses' ? this.#sumOf(windowNumber(window)).counts.misses : 0
  }

  norm(window: EventWindow): Norm {
    const { dailyVisits, atMs } = this
    const into = this.#norm
    return window === '1h'
      ? this.#norms.hourAt(this.#token, dailyVisits, atMs, into)
      : this.#norms.dayAt(this.#token, dailyVisits, atMs, into)
  }

  mostBefore(window: EventWindow): number {
    return this.#norms.mostBefore(this.#token, this.atMs, window)
  }

  walk(): WalkFigures {
    return this.#walk
  }

  sources(spanS: number): number {
    return this.#sumOf(spanS < HOUR_S ? MINUTE : windowNumber('1h')).sources.estimate()
  }

  #read(window: number, of: (sum: TallySum) => number): number {
    return window === HALF_MINUTE ? Math.floor(of(this.#sumOf(MINUTE)) / 2) : of(this.#sumOf(window))
  }

  #sumOf(window: number): TallySum {
    const held = this.#sums.get(window)
    if (held !== undefined) return held
    const sum =
      window === MINUTE
        ? this.#busierMinute()
        : this.#tallies.sum(this.#token, minutesOf(window), this.atMs, this.#releasedMinute)
    this.#sums.set(window, sum)
    return sum
  }

  #busierMinute(): TallySum {
    const now = Math.floor(this.atMs / MINUTE_MS)
    const [present, before] = [this.#minute(now), this.#minute(now - 1)]
    return present.counts.lookups >= before.counts.lookups ? present : before
  }

  #minute(minute: number): TallySum {
    return minute > this.#releasedMinute ? this.#tallies.minuteOf(this.#token, minute) : new TallySum()
  }
}

function minutesOf(window: number): number {
  const found = MINUTES.find((one) => windowNumber(one.window) === window)
  if (found === undefined) throw new RangeError(`Cannot add up window ${window} over edges`)
  return found.minutes
}
