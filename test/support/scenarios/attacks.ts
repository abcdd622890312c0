import type { AttributedRequest } from '../../../rules/requests/attributed-request.ts'
import type { ScenarioFacility } from './facilities.ts'
import { personOf, type ScenarioPerson, strangerOf, visitorOf } from './people.ts'
import { createRandom, type Random } from './random.ts'
import { aRequest, mergeByTime } from './request.ts'

const HOUR_MS = 3_600_000

/** Whose account is used, and from when on. */
export interface AttackOptions {
  readonly facility: ScenarioFacility
  readonly startMs: number
  readonly seed: number
  readonly withSubjects: boolean
}

/** Whom the next look-up is about. */
type Choose = (number: number, random: Random) => ScenarioPerson

/** One look-up after another at an even rate, each of the next person. `sources` addresses take turns. */
function* lookUps(
  { facility: { account, code, ip }, startMs, seed, withSubjects }: AttackOptions,
  { count, perSecond, sources = [ip], choose = (_, random) => strangerOf(random), fields = {} }: LookUpOptions,
): Generator<AttributedRequest> {
  const random = createRandom(seed)
  for (let number = 0; number < count; number++) {
    const person = choose(number, random)
    const atMs = Math.floor(startMs + (number * 1000) / perSecond)
    const source = sources[number % sources.length] ?? ip
    const result = random.next() < 0.033 ? '060' : '000'
    yield aRequest({ account, facility: code, ip: source, atMs, ...(withSubjects ? person : {}), result, ...fields })
  }
}

interface LookUpOptions {
  readonly count: number
  readonly perSecond: number
  readonly sources?: readonly string[]
  readonly choose?: Choose
  readonly fields?: Partial<AttributedRequest>
}

/** 1: the account of 2019, 11.6 look-ups a second (5715/BYT-BH). */
export function steady(options: AttackOptions): Iterable<AttributedRequest> {
  return lookUps(options, { count: 20_000, perSecond: 11.6 })
}

/** 2: as many in the day, but 50 minutes of each hour for 20 hours, and half as fast. */
export function* withPauses(options: AttackOptions): Generator<AttributedRequest> {
  for (let hour = 0; hour < 20; hour++) {
    const startMs = options.startMs + hour * HOUR_MS
    yield* lookUps({ ...options, startMs, seed: options.seed + hour }, { count: 5.8 * 3000, perSecond: 5.8 })
  }
}

/** 4: as fast as in 2019 in sum, from 50 addresses that nobody registered. */
export function manySources(options: AttackOptions): Iterable<AttributedRequest> {
  const sources = Array.from(
    { length: 50 },
    (_, number) => `113.${160 + (number % 8)}.${number}.${(options.seed + number) % 250}`,
  )
  return lookUps(options, { count: 20_000, perSecond: 11.6, sources })
}

export interface InStepOptions extends Omit<AttackOptions, 'facility'> {
  readonly facilities: readonly ScenarioFacility[]
  /** Each account makes a look-up so often, a little sooner or later than its turn. */
  readonly everySeconds: number
  /** Addresses that nobody registered, shared by accounts that follow each other; 0: each uses its facility's own. */
  readonly addresses: number
}

/** 5: one operator, many accounts in turn, each of them slow. */
export function* inStep({ facilities, everySeconds, addresses, startMs, seed, withSubjects }: InStepOptions) {
  const random = createRandom(seed)
  const accounts = facilities.length
  const pauseMs = (everySeconds * 1000) / accounts
  for (let number = 0; number < 20_000; number++) {
    const turn = number % accounts
    const { account, code, ip: own } = facilities[turn] as ScenarioFacility
    const person = withSubjects ? strangerOf(random) : undefined
    const ip = addresses === 0 ? own : `113.170.4.${9 + Math.floor((turn * addresses) / accounts)}`
    const atMs = Math.floor(startMs + (number + random.next()) * pauseMs)
    yield aRequest({ account, facility: code, ip, atMs, ...person, result: '000' })
  }
}

/** 6: a clinic that looks up 3,000 persons in the opening hours of one day, at its own address. */
export function clinicDay(options: AttackOptions): Iterable<AttributedRequest> {
  return lookUps({ ...options, startMs: options.startMs }, { count: 3000, perSecond: 3000 / (10 * 3600) })
}

/** 9: one person, 50,000 times. */
export function retries(options: AttackOptions): Iterable<AttributedRequest> {
  const person = visitorOf(options.facility, createRandom(options.seed))
  return lookUps(options, { count: 50_000, perSecond: 5, choose: () => person })
}

/** 10: numbers in order with gaps, shuffled within a thousand, slowly. */
export function walk(options: AttackOptions): Iterable<AttributedRequest> {
  const random = createRandom(options.seed + 1)
  const numbers: number[] = []
  const first = 7_900_000_000 + random.whole(0, 900_000) * 100
  for (let thousand = 0; thousand < 10; thousand++) {
    const some = Array.from({ length: 1000 }, (_, number) => first + thousand * 1000 + number).filter(() => random.next() < 0.6)
    for (let at = some.length - 1; at > 0; at--) {
      const other = random.whole(0, at)
      ;[some[at], some[other]] = [some[other] as number, some[at] as number]
    }
    numbers.push(...some)
  }
  return lookUps(options, { count: numbers.length, perSecond: 0.4, choose: (number) => personOf(numbers[number] ?? first) })
}

/** 12: treatment histories, one after another, with no OTP behind them. */
export function histories(options: AttackOptions): Iterable<AttributedRequest> {
  return lookUps(options, { count: 600, perSecond: 0.1, fields: { function: 'Lskcb2025', class: 'history' } })
}

/** 7: a national hospital checks all its claims of the month again in three hours of the night. */
export function monthEnd({ facility, startMs, seed, withSubjects }: AttackOptions): Iterable<AttributedRequest> {
  const part = (third: number) =>
    lookUps(
      { facility, startMs: startMs + third * 120, seed, withSubjects },
      { count: 30_000, perSecond: 30_000 / (3 * 3600), choose: (_, random) => visitorOf(facility, random) },
    )
  return mergeByTime(part(0), part(1), part(2))
}

/** 8: a monitor that asks for nobody every ten seconds, all day. */
export function poller({ facility: { account, code, ip }, startMs }: AttackOptions): Iterable<AttributedRequest> {
  const nobody = personOf(0)
  return Array.from({ length: 8640 }, (_, number) =>
    aRequest({ account, facility: code, ip, atMs: startMs + number * 10_000, ...nobody, isProbe: true, result: '050' }),
  )
}

/** 8, as a portal tells it that hashes the card itself: the same person every minute, not found. */
export function monitor({ facility: { account, code, ip }, startMs, withSubjects }: AttackOptions): Iterable<AttributedRequest> {
  const told = withSubjects ? { ...personOf(0), result: '050' } : {}
  return Array.from({ length: 1440 }, (_, number) =>
    aRequest({ account, facility: code, ip, atMs: startMs + number * 60_000, ...told }),
  )
}
