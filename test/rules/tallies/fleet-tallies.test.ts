import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FleetTallies } from '../../../rules/tallies/fleet-tallies.ts'
import type { Tally } from '../../../rules/tallies/tally.ts'
import { TallyBook } from '../../../rules/tallies/tally-book.ts'
import { formatTally, parseTally } from '../../../rules/tallies/tally-bytes.ts'
import { createRandom } from '../../support/scenarios/random.ts'
import { hashOfPerson } from '../../support/subject-hashes.ts'
import { anEntry, aTally, sketchOfPersons, tokenOf } from '../../support/tallies.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')
const MINUTE_MS = 60_000
const MINUTE = START / MINUTE_MS
const HOUR_MS = 60 * MINUTE_MS

interface Look {
  readonly account: number
  readonly person: number
  readonly edge: number
  readonly afterMs: number
}

function bookOf(edge: number, boot = 0): TallyBook {
  return new TallyBook({
    edge: `edge-${edge}`,
    boot: String(boot).padStart(16, '0'),
    keyId: '0a0b0c0d',
    tokenOf: (slot) => ({ token: tokenOf(`account ${slot}`), facility: undefined }),
  })
}

function see(book: TallyBook, { account, person, afterMs }: Look): void {
  const { high, low } = hashOfPerson(person)
  book.count(account, START + afterMs, 'lookups')
  book.see(account, START + afterMs, high, low)
}

/** Every account's look-ups and persons, as central says. */
function saidBy(fleet: FleetTallies, minutes: number, nowMs: number) {
  return new Map([...fleet.sums(minutes, nowMs)].map(([token, sum]) => [token, [sum.counts.lookups, sum.persons()]]))
}

/** The same, by remembering everything. */
function naiveSums(looks: readonly Look[]) {
  const accounts = new Set(looks.map(({ account }) => account))
  return new Map(
    Array.from(accounts, (account) => {
      const own = looks.filter((look) => look.account === account)
      return [tokenOf(`account ${account}`), [own.length, new Set(own.map(({ person }) => person)).size]]
    }),
  )
}

const look = fc.record({
  account: fc.nat(4),
  person: fc.nat(40),
  edge: fc.nat(3),
  afterMs: fc.nat(8 * MINUTE_MS),
})
const NOW = START + 9 * MINUTE_MS

/** Tallies of several edges, taken every few look-ups, as they went over the wire. */
function talliesOf(looks: readonly Look[], every: number): Tally[] {
  const books = [0, 1, 2, 3].map((edge) => bookOf(edge))
  const tallies: Tally[] = []
  const take = () => {
    for (const book of books) {
      const tally = book.take()
      if (tally !== undefined) tallies.push(parseTally(formatTally(tally)))
    }
  }
  for (const [number, seen] of looks.entries()) {
    see(books[seen.edge] as TallyBook, seen)
    if (number % every === 0) take()
  }
  take()
  return tallies
}

describe('FleetTallies', () => {
  it('says of many edges what one would say, whatever the order, with doubles', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 80 }), fc.integer({ min: 1, max: 9 }), fc.nat(1_000), (looks, every, seed) => {
        const tallies = talliesOf(looks, every)
        const expected = naiveSums(looks)
        const random = createRandom(seed)
        const arrivals = [
          tallies,
          tallies.toReversed(),
          [...tallies, ...tallies]
            .map((tally) => ({ tally, at: random.next() }))
            .sort((a, b) => a.at - b.at)
            .map(({ tally }) => tally),
        ]
        for (const arrived of arrivals) {
          const fleet = new FleetTallies()
          for (const tally of arrived) fleet.take(tally, NOW)
          expect(saidBy(fleet, 10, NOW)).toEqual(expected)
        }
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  it('makes good what was lost once the edge sends all it holds', () => {
    fc.assert(
      fc.property(fc.array(look, { minLength: 1, maxLength: 60 }), fc.infiniteStream(fc.boolean()), (looks, fate) => {
        const book = bookOf(1)
        const fleet = new FleetTallies()
        let lost = 0
        for (const seen of looks) {
          see(book, seen)
          const tally = book.take() as Tally
          if (fate.next().value === true) fleet.take(tally, NOW)
          else lost++
        }
        const whole = book.take(true) as Tally
        const { missing } = fleet.take(whole, NOW)
        expect(missing).toBe(lost)
        expect(fleet.take(whole, NOW, true).missing).toBe(0)
        expect(saidBy(fleet, 10, NOW)).toEqual(naiveSums(looks))
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  it('adds what an edge counted before and after it started anew', () => {
    const fleet = new FleetTallies()
    const one = { account: 1, person: 1, edge: 1, afterMs: 0 }
    for (const boot of [1, 2]) {
      const book = bookOf(1, boot)
      see(book, one)
      fleet.take(book.take() as Tally, START)
    }
    expect(saidBy(fleet, 1, START)).toEqual(new Map([[tokenOf('account 1'), [2, 1]]]))
  })

  it('keeps a day in coarser and coarser parts and forgets it after 25 hours', () => {
    const fleet = new FleetTallies()
    const book = bookOf(1)
    for (let minute = 0; minute < 26 * 60; minute++) {
      see(book, { account: 1, person: minute, edge: 1, afterMs: minute * MINUTE_MS })
      fleet.take(book.take() as Tally, START + minute * MINUTE_MS)
    }
    const nowMs = START + (26 * 60 - 1) * MINUTE_MS
    const lookups = (minutes: number) => fleet.sum(tokenOf('account 1'), minutes, nowMs).counts.lookups
    expect(lookups(1)).toBe(1)
    expect(lookups(10)).toBe(10)
    for (const [minutes, bucket] of [
      [60, 10],
      [1_440, 60],
    ] as const) {
      expect(lookups(minutes)).toBeGreaterThanOrEqual(minutes)
      expect(lookups(minutes)).toBeLessThanOrEqual(minutes + bucket)
    }
    fleet.advance(nowMs + 27 * HOUR_MS)
    expect(fleet.sums(1_440, nowMs + 27 * HOUR_MS).size).toBe(0)
  })

  it('never joins persons hashed under the keys of two days or two edges: they are added', () => {
    const midnight = Date.parse('2026-03-03T00:00:00+07:00') / MINUTE_MS
    const fleet = new FleetTallies()
    const minutes = [midnight - 1, midnight].map((minute) => ({
      minute,
      entries: [anEntry({ subjects: sketchOfPersons([1, 2, 3]) })],
    }))
    fleet.take(aTally({ minutes }), midnight * MINUTE_MS)
    fleet.take(aTally({ keyId: 'ffffffff', minutes: minutes.slice(1) }), midnight * MINUTE_MS)
    expect(fleet.sum(tokenOf('01234_BV'), 5, midnight * MINUTE_MS).persons()).toBe(9)
  })

  it('refuses minutes that are closed or not here yet, and says how many', () => {
    const fleet = new FleetTallies()
    const minutes = [MINUTE - 15, MINUTE - 14, MINUTE, MINUTE + 2, MINUTE + 3].map((minute) => ({ minute, entries: [anEntry()] }))
    expect(fleet.take(aTally({ minutes }), START)).toEqual({ taken: 3, refused: 2, missing: 0 })
    expect(fleet.refused).toBe(2)
    expect(fleet.sum(tokenOf('01234_BV'), 60, START + 5 * MINUTE_MS).counts.lookups).toBe(9)
  })

  it('never takes a tally back when it is lent: later changes of it change nothing', () => {
    const fleet = new FleetTallies()
    const entry = anEntry()
    fleet.take(aTally({ minutes: [{ minute: MINUTE, entries: [entry] }] }), START)
    entry.subjects.add(1, 1)
    expect(fleet.sum(entry.token, 5, START).persons()).toBe(2)
  })

  it('counts the tallies that are missing', () => {
    const fleet = new FleetTallies()
    const missing = [1, 4, 3, 4, 9].map((sequence) => fleet.take(aTally({ sequence, minutes: [] }), START).missing)
    expect(missing).toEqual([0, 2, 1, 1, 5])
  })
})

describe('TallyBook', () => {
  it('gives nothing where nothing changed, then only what did', () => {
    const book = bookOf(1)
    expect(book.take()).toBeUndefined()
    see(book, { account: 1, person: 1, edge: 1, afterMs: 0 })
    see(book, { account: 2, person: 1, edge: 1, afterMs: 0 })
    expect(book.take()).toMatchObject({ sequence: 1, minutes: [{ minute: MINUTE, entries: { length: 2 } }] })
    expect(book.take()).toBeUndefined()
    see(book, { account: 2, person: 2, edge: 1, afterMs: 1 })
    expect(book.take()).toMatchObject({
      sequence: 2,
      minutes: [{ entries: [{ token: tokenOf('account 2'), counts: { lookups: 2 } }] }],
    })
    expect(book.take(true)).toMatchObject({ sequence: 3, minutes: [{ entries: { length: 2 } }] })
  })

  it('still sends what an account counted whose slot was given away, and adds what it counts when it comes back', () => {
    const book = bookOf(1)
    see(book, { account: 1, person: 1, edge: 1, afterMs: 0 })
    book.clear(1)
    see(book, { account: 1, person: 2, edge: 1, afterMs: 0 })
    const tally = book.take()
    expect(tally?.minutes[0]?.entries).toHaveLength(1)
    expect(tally?.minutes[0]?.entries[0]).toMatchObject({ counts: { lookups: 2 } })
    expect(tally?.minutes[0]?.entries[0]?.subjects.estimate()).toBe(2)
  })

  it('drops what is older than it keeps, and counts it as late', () => {
    const book = bookOf(1)
    see(book, { account: 1, person: 1, edge: 1, afterMs: 0 })
    see(book, { account: 1, person: 1, edge: 1, afterMs: 20 * MINUTE_MS })
    see(book, { account: 1, person: 1, edge: 1, afterMs: 0 })
    expect(book.late).toBe(1)
    expect(book.take()?.minutes).toHaveLength(1)
  })

  it('leaves room for real accounts in a flood of invented names', () => {
    const book = new TallyBook({
      edge: 'edge-1',
      boot: '0'.repeat(16),
      keyId: '0a0b0c0d',
      tokenOf: (slot) => ({ token: tokenOf(`account ${slot}`), facility: undefined }),
      maxEntries: 20,
    })
    for (let name = 1; name <= 60; name++) {
      see(book, { account: name, person: 1, edge: 1, afterMs: 0 })
      // The detector gives the slots of invented names away one after the other.
      if (name > 10) book.clear(name - 10)
    }
    for (let person = 0; person < 5; person++) see(book, { account: 99, person, edge: 1, afterMs: 0 })
    const entries = book.take()?.minutes[0]?.entries ?? []
    expect(entries.length).toBeLessThanOrEqual(20)
    expect(entries).toContainEqual(expect.objectContaining({ token: tokenOf('account 99') }))
  })

  it('holds no more than its cap, and has room again once minutes are over', () => {
    const book = new TallyBook({
      edge: 'edge-1',
      boot: '0'.repeat(16),
      keyId: '0a0b0c0d',
      tokenOf: (slot) => ({ token: tokenOf(`account ${slot}`), facility: undefined }),
      maxEntries: 3,
    })
    for (let name = 1; name <= 5; name++) see(book, { account: name, person: 1, edge: 1, afterMs: 0 })
    expect([book.take()?.minutes[0]?.entries.length, book.late]).toEqual([3, 2])
    see(book, { account: 1, person: 1, edge: 1, afterMs: 20 * MINUTE_MS })
    expect(book.late).toBe(2)
  })
})

describe('an edge that is flooded with invented names', () => {
  const flood = (minute: number, from: number, count: number): Tally =>
    aTally({
      edge: 'edge-flooded',
      minutes: [
        {
          minute,
          entries: Array.from({ length: count }, (_, number) =>
            anEntry({ token: tokenOf(`invented ${from + number}`), counts: { ...anEntry().counts, lookups: 1 } }),
          ),
        },
      ],
    })
  const honest = (minute: number): Tally => aTally({ edge: 'edge-2', minutes: [{ minute, entries: [anEntry()] }] })

  it('leaves room for what other edges say', () => {
    const fleet = new FleetTallies({ maxParts: 400 })
    fleet.take(flood(MINUTE, 0, 1000), START)
    expect(fleet).toMatchObject({ parts: 300, dropped: 700 })
    fleet.take(honest(MINUTE), START)
    fleet.take(flood(MINUTE, 2000, 10), START)
    expect(fleet).toMatchObject({ parts: 301, dropped: 710 })
    expect(fleet.sum(tokenOf('01234_BV'), 10, START).counts.lookups).toBe(3)
  })

  it('keeps no more than half of the room for longer than an hour and a half', () => {
    const fleet = new FleetTallies({ maxParts: 400 })
    for (let minute = 0; minute < 240; minute += 1) {
      const atMs = START + minute * MINUTE_MS
      fleet.take(flood(MINUTE + minute, minute * 10, 10), atMs)
      fleet.take(honest(MINUTE + minute), atMs)
    }
    const lastMs = START + 240 * MINUTE_MS
    expect(fleet.lookups(tokenOf('01234_BV'), 1_440, lastMs)).toBe(3 * 240)
    expect(fleet.parts).toBeLessThan(400)
    fleet.advance(lastMs + 100 * MINUTE_MS)
    expect(fleet.parts).toBeLessThanOrEqual(200)
  })
})
