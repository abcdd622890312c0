import { describe, expect, it } from 'vitest'
import { DEFAULT_DETECT_POLICY } from '../../../rules/detect/detect-policy.ts'
import { createNorm } from '../../../rules/detect/norms/norm.ts'
import { FleetTallies } from '../../../rules/tallies/fleet-tallies.ts'
import { createCounts } from '../../../rules/tallies/tally.ts'
import { FleetJudge } from '../../../rules/verdicts/fleet-judge.ts'
import { FleetNorms } from '../../../rules/verdicts/fleet-norms.ts'
import { codeOf } from '../../support/code-of.ts'
import { anEntry, aTally, sketchOfPersons, tokenOf } from '../../support/tallies.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** A Monday, midnight at the portal. */
const MONDAY = Date.parse('2026-03-02T00:00:00+07:00')
const CLINIC = '79999_BV'
const EDGES = 5
const STEP_MS = 15 * MINUTE_MS

/** Persons that come to an account in a quarter of an hour, over all edges. */
type Habit = (atMs: number) => number

interface LifeOptions {
  readonly isTold?: boolean
  readonly visits?: number
  /** What becomes of a tally on its way: sent as often as this says. */
  readonly timesSent?: (edge: number, atMs: number) => number
}

/** Central, and five edges that each see a fifth of what an account does. */
class Life {
  readonly tallies = new FleetTallies()
  readonly judge: FleetJudge
  readonly verdicts: string[] = []
  leaked = 0
  readonly #options: LifeOptions
  #sequence = 0
  #person = 0

  constructor(options: LifeOptions = {}) {
    this.#options = options
    const dailyVisitsOf = () => options.visits ?? 120
    this.judge = new FleetJudge({ tallies: this.tallies, policy: DEFAULT_DETECT_POLICY, dailyVisitsOf })
  }

  /** Lives from one time to before another; stops at a suspension. */
  live(fromMs: number, toMs: number, habits: Readonly<Record<string, Habit>>): void {
    for (let atMs = fromMs; atMs < toMs; atMs += STEP_MS) {
      for (let edge = 0; edge < EDGES; edge++) this.#tell(edge, atMs, habits)
      for (const token of Object.keys(habits)) this.leaked += habits[token]?.(atMs) ?? 0
      for (const taught of this.judge.learn(atMs)) expect(taught).toBeGreaterThan(0)
      this.tallies.advance(atMs)
      const findings = this.judge.judge(Object.keys(habits).map(tokenOf), atMs)
      this.verdicts.push(...findings.map(({ verdict }) => `${verdict.action} ${verdict.rule}`))
      if (this.verdicts.some((verdict) => verdict.startsWith('suspend'))) return
    }
  }

  #tell(edge: number, atMs: number, habits: Readonly<Record<string, Habit>>): void {
    const { isTold = true, timesSent = () => 1 } = this.#options
    this.judge.norms.hear(`edge-${edge}`, timesSent(edge, atMs) > 0 ? atMs : atMs - DAY_MS)
    const entries = Object.entries(habits).flatMap(([account, habit]) => {
      const persons = Math.floor(habit(atMs) / EDGES) + (edge < habit(atMs) % EDGES ? 1 : 0)
      if (persons === 0) return []
      const subjects = sketchOfPersons(isTold ? Array.from({ length: persons }, () => this.#person++) : [])
      const lookups = persons * 2
      const counts = { ...createCounts(), lookups, newSubjects: isTold ? persons : 0 }
      return [anEntry({ token: tokenOf(account), facility: account.slice(0, 5), counts, subjects })]
    })
    const tally = aTally({ edge: `edge-${edge}`, sequence: ++this.#sequence, minutes: [{ minute: atMs / MINUTE_MS, entries }] })
    for (let times = timesSent(edge, atMs); times > 0; times--) this.tallies.take(tally, atMs)
  }
}

/** From 7 to 16 o'clock on working days. */
function officeHours(perHour: number): Habit {
  return (atMs) => {
    const hour = Math.floor((atMs - MONDAY) / HOUR_MS)
    return Math.floor(hour / 24) % 7 < 5 && hour % 24 >= 7 && hour % 24 < 16 ? Math.round(perHour / 4) : 0
  }
}

function allowedAt({ judge }: Life, atMs: number): number {
  return judge.norms.dayAt(tokenOf(CLINIC), 120, atMs, createNorm()).allowed
}

describe('FleetJudge with what it learned', () => {
  it.each([true, false])(
    'suspends a clinic harvested over five edges as one edge would that saw it all; persons told: %s',
    (isTold) => {
      const life = new Life({ isTold })
      life.live(MONDAY, MONDAY + 9 * DAY_MS + 7 * HOUR_MS, { [CLINIC]: officeHours(13) })
      expect(life.verdicts).toEqual([])
      life.leaked = 0
      const harvest: Habit = () => 80
      life.live(MONDAY + 9 * DAY_MS + 7 * HOUR_MS, MONDAY + 9 * DAY_MS + 17 * HOUR_MS, { [CLINIC]: harvest })
      expect(life.verdicts.at(-1)).toBe('suspend rate')
      expect(life.leaked).toBeLessThan(500)
    },
  )

  it('lets a busy day of twice as many pass', () => {
    const life = new Life()
    life.live(MONDAY, MONDAY + 9 * DAY_MS, { [CLINIC]: officeHours(13) })
    life.live(MONDAY + 9 * DAY_MS, MONDAY + 10 * DAY_MS, { [CLINIC]: officeHours(26) })
    expect(life.verdicts).toEqual([])
  })

  it('learns nothing of what an account does under a verdict', () => {
    const life = new Life()
    life.live(MONDAY, MONDAY + 8 * DAY_MS, { [CLINIC]: officeHours(13) })
    const before = allowedAt(life, MONDAY + 9 * DAY_MS - 1)
    for (let turn = 0; turn < 10; turn++) {
      life.verdicts.length = 0
      life.live(MONDAY + 8 * DAY_MS + turn * HOUR_MS, MONDAY + 8 * DAY_MS + (turn + 1) * HOUR_MS, { [CLINIC]: () => 500 })
    }
    expect(life.judge.underAction()).toEqual([tokenOf(CLINIC)])
    expect(allowedAt(life, MONDAY + 9 * DAY_MS - 1) / before).toBeCloseTo(1, 1)
  })

  it('is poisoned by slow steps no further than an edge is: 5.9 % a week, whatever is asked', () => {
    const life = new Life()
    life.live(MONDAY, MONDAY + 35 * DAY_MS, { [CLINIC]: officeHours(13) })
    const before = allowedAt(life, MONDAY + 39 * DAY_MS - 1)
    const rising: Habit = (atMs) => officeHours(13 * 1.3 ** (1 + Math.floor((atMs - MONDAY - 35 * DAY_MS) / (7 * DAY_MS))))(atMs)
    life.live(MONDAY + 35 * DAY_MS, MONDAY + 53 * DAY_MS, { [CLINIC]: rising })
    expect(life.verdicts).toEqual([])
    // Three lessons of each weekday.
    expect(allowedAt(life, MONDAY + 53 * DAY_MS - 1) / before).toBeLessThan(1.06 ** 3)
  })

  it('does not learn from an hour in which an edge was away: who is not counted wholly is not known', () => {
    const [whole, holed] = [new Life(), new Life({ timesSent: (edge, atMs) => (edge > 1 && atMs > MONDAY + 8 * DAY_MS ? 0 : 1) })]
    for (const life of [whole, holed]) life.live(MONDAY, MONDAY + 9 * DAY_MS, { [CLINIC]: officeHours(13) })
    const [one, other] = [whole, holed].map((life) => allowedAt(life, MONDAY + 8 * DAY_MS + 20 * HOUR_MS))
    expect(other).toBeCloseTo(one ?? 0, -1)
  })

  it('learns the same from tallies that come twice', () => {
    const [once, twice] = [new Life(), new Life({ timesSent: () => 2 })]
    for (const life of [once, twice]) life.live(MONDAY, MONDAY + 8 * DAY_MS, { [CLINIC]: officeHours(13) })
    expect(twice.judge.norms.bytes()).toEqual(once.judge.norms.bytes())
    expect(once.judge.norms.size).toBe(1)
  })

  it('goes on after a restart with what it knew', () => {
    const former = new Life()
    former.live(MONDAY, MONDAY + 9 * DAY_MS, { [CLINIC]: officeHours(13) })
    const life = new Life()
    life.judge.norms.restore(former.judge.norms.bytes())
    expect(life.judge.norms.bytes()).toEqual(former.judge.norms.bytes())
    life.live(MONDAY + 9 * DAY_MS + 8 * HOUR_MS, MONDAY + 9 * DAY_MS + 17 * HOUR_MS, { [CLINIC]: () => 80 })
    expect(life.verdicts.at(-1)).toBe('suspend rate')
    expect(life.leaked).toBeLessThan(500)
    const unknown = new Life()
    unknown.live(MONDAY + 9 * DAY_MS + 8 * HOUR_MS, MONDAY + 9 * DAY_MS + 17 * HOUR_MS, { [CLINIC]: () => 80 })
    expect(unknown.leaked).toBeGreaterThan(life.leaked * 1.5)
  })
})

function learnAll(norms: FleetNorms, nowMs: number): void {
  for (const taught of norms.learn(nowMs, () => false)) expect(taught).toBeGreaterThan(0)
}

describe('FleetNorms', () => {
  const known = new Life()
  known.live(MONDAY, MONDAY + DAY_MS, { [CLINIC]: officeHours(13) })
  const bytes = known.judge.norms.bytes()
  const fresh = (maxAccounts?: number) =>
    new FleetNorms({
      tallies: new FleetTallies(),
      lookupsPerPerson: 2,
      dailyVisitsOf: () => 120,
      ...(maxAccounts === undefined ? {} : { maxAccounts }),
    })

  it('takes nothing of bytes that are torn', () => {
    for (const torn of [bytes.slice(0, -1), new Uint8Array(), Buffer.from([...bytes.slice(0, 40), 255, ...bytes.slice(41)])]) {
      const norms = fresh()
      expect(codeOf(() => norms.restore(torn))).toMatch(/^SKETCH_/)
      expect(norms.size).toBe(0)
    }
  })

  it('holds no more accounts than it may: the one that was not seen for longest goes', () => {
    const tallies = new FleetTallies()
    const norms = new FleetNorms({ tallies, lookupsPerPerson: 2, dailyVisitsOf: () => 120, maxAccounts: 2 })
    for (const [hour, account] of ['a', 'b', 'a', 'c'].entries()) {
      for (let minute = 0; minute < 90; minute += 15) norms.hear('edge-1', MONDAY + (hour * 60 + minute) * MINUTE_MS)
      const entry = anEntry({
        token: tokenOf(account),
        counts: { ...createCounts(), lookups: 40 },
        subjects: sketchOfPersons([]),
      })
      const atMs = MONDAY + hour * HOUR_MS
      tallies.take(aTally({ sequence: hour + 1, minutes: [{ minute: atMs / MINUTE_MS, entries: [entry] }] }), atMs)
      for (let minute = 0; minute < 60; minute += 15) learnAll(norms, atMs + minute * MINUTE_MS)
    }
    for (let minute = 0; minute < 90; minute += 15) {
      norms.hear('edge-1', MONDAY + (240 + minute) * MINUTE_MS)
      tallies.advance(MONDAY + (240 + minute) * MINUTE_MS)
      learnAll(norms, MONDAY + (240 + minute) * MINUTE_MS)
    }
    expect(norms.size).toBe(2)
    const text = Buffer.from(norms.bytes()).toString('latin1')
    expect(['a', 'b', 'c'].filter((account) => text.includes(tokenOf(account)))).toEqual(['a', 'c'])
  })

  it('takes back no more than it has room for', () => {
    const norms = fresh(1)
    norms.restore(bytes)
    norms.restore(bytes)
    expect(norms.size).toBe(1)
  })
})
