import { describe, expect, it } from 'vitest'
import type { InStepOptions } from '../../../../rules/detect/in-step/in-step-group.ts'
import { InStepGroups } from '../../../../rules/detect/in-step/in-step-groups.ts'
import { createRandom, type Random } from '../../../support/scenarios/random.ts'

const START = Date.parse('2026-03-02T08:00:00+07:00')
const MINUTE_MS = 60_000

interface Look {
  readonly slot: number
  readonly facility: number
  readonly source: number
  readonly block: number
  readonly usualPerHour: number
  readonly atMs: number
}

interface Crowd {
  readonly accounts: number
  readonly minutes: number
  /** Persons a minute of each account. */
  readonly perMinute: (account: number) => number
  readonly usualPerHour?: number
  readonly firstSlot?: number
  readonly startMs?: number
  readonly facility?: (account: number) => number
  readonly source?: (account: number) => number
  readonly block?: (number: number) => number
}

/** New persons of accounts that each go their own way. */
function looks(random: Random, crowd: Crowd): Look[] {
  const { accounts, minutes, perMinute, usualPerHour = 10, firstSlot = 0, startMs = START } = crowd
  const made: Look[] = []
  let number = 0
  for (let minute = 0; minute < minutes; minute++)
    for (let account = 0; account < accounts; account++)
      for (let person = random.poisson(perMinute(account)); person > 0; person--)
        made.push({
          slot: firstSlot + account,
          facility: crowd.facility?.(account) ?? firstSlot + account + 1,
          source: crowd.source?.(account) ?? 0,
          block: crowd.block?.(number++) ?? 0,
          usualPerHour,
          atMs: startMs + (minute + random.next()) * MINUTE_MS,
        })
  return made
}

interface Found {
  /** Persons looked up until the first group was found. */
  readonly persons: number
  readonly minutes: number
  readonly reasons: readonly string[]
  readonly slots: readonly number[]
}

/** Asks every ten seconds, as a detector would, until a group is found. */
function firstGroup(made: readonly Look[], options: InStepOptions = {}, groups = new InStepGroups(options)): Found | undefined {
  let askedMs = START
  for (const [persons, look] of made.toSorted((a, b) => a.atMs - b.atMs).entries()) {
    for (; askedMs < look.atMs; askedMs += 10_000) {
      const found = groups.groups(askedMs)
      if (found.length > 0)
        return {
          persons,
          minutes: (askedMs - START) / MINUTE_MS,
          reasons: found.map(({ reason }) => reason),
          slots: (found[0]?.slots ?? []).toSorted((a, b) => a - b),
        }
    }
    groups.add(look.slot, look.facility, look.source, look.block, look.usualPerHour, look.atMs)
  }
  return undefined
}

const SEEDS = [1, 2, 3, 4, 5, 6]
const TWENTY = Array.from({ length: 20 }, (_, slot) => slot)

describe('InStepGroups', () => {
  it.each<[string, Partial<Crowd>, string]>([
    ['behind one address', { source: () => 77 }, 'source'],
    ['dealing out one walk', { block: (number) => 1 + Math.floor(number / 1_000) }, 'blocks'],
    ['at one rate, sharing nothing', {}, 'rhythm'],
  ])('finds twenty accounts %s within ten minutes and 2,000 persons', (_how, shared, reason) => {
    for (const seed of SEEDS) {
      const random = createRandom(seed)
      const found = firstGroup(looks(random, { accounts: 20, minutes: 12, perMinute: () => 9, ...shared }))
      expect(found?.reasons[0]).toBe(reason)
      expect(found?.minutes).toBeLessThan(10)
      expect(found?.persons).toBeLessThan(2_000)
    }
  })

  it('finds twenty who each ask for a person every hundred seconds behind one address, if they hardly ask for anybody twice', () => {
    for (const seed of SEEDS) {
      const slow: Crowd = { accounts: 20, minutes: 20, usualPerHour: 7, perMinute: () => 0.6 + 7 / 60, source: () => 77 }
      const made = looks(createRandom(seed), slow)
      const found = (fresh: number) => firstGroup(made, { minExcess: 60, recentOf: () => ({ lookups: 12, fresh }) })
      expect(found(9)?.reasons).toEqual(['source'])
      expect(found(9)?.minutes).toBeLessThan(10)
      expect(found(3), 'who asks four times for each').toBeUndefined()
      expect(found(0), 'nobody told').toBeUndefined()
    }
  })

  it('finds no sum where most behind the address are no busier than usual', () => {
    const random = createRandom(2)
    const cloud: Crowd = { accounts: 40, firstSlot: 100, minutes: 20, usualPerHour: 60, perMinute: () => 0.9, source: () => 77 }
    const slow: Crowd = { accounts: 10, minutes: 20, usualPerHour: 7, perMinute: () => 1, source: () => 77 }
    const made = [...looks(random, cloud), ...looks(random, slow)]
    expect(firstGroup(made, { minExcess: 60, findsRhythm: false, recentOf: () => ({ lookups: 12, fresh: 9 }) })).toBeUndefined()
  })

  it('finds all twenty of them, among hundreds of honest accounts, and nobody else', () => {
    const random = createRandom(4)
    const honest: Crowd = {
      accounts: 400,
      firstSlot: 100,
      minutes: 12,
      usualPerHour: 60,
      perMinute: (account) => 0.6 + (account % 10) / 10,
      source: (account) => 1_000 + account,
      block: () => random.whole(1, 300),
    }
    const made = [...looks(random, { accounts: 20, minutes: 12, perMinute: () => 9, source: () => 77 }), ...looks(random, honest)]
    expect(firstGroup(made)?.slots).toEqual(TWENTY)
  })

  it.each<[string, Crowd]>([
    [
      'three hundred facilities behind the cloud of a vendor on an ordinary morning',
      { accounts: 300, minutes: 30, usualPerHour: 60, perMinute: () => 1.1, source: () => 5 },
    ],
    [
      'satellites behind the address of a hospital, half as busy again as usual',
      { accounts: 9, minutes: 30, usualPerHour: 60, perMinute: () => 1.4, source: () => 5, block: (number) => 1 + (number % 40) },
    ],
    [
      'named users of one facility on a vaccination day',
      {
        accounts: 15,
        minutes: 30,
        perMinute: () => 4,
        facility: () => 1_234,
        source: () => 5,
        block: (number) => 1 + (number % 12),
      },
    ],
    ['the morning after an outage that hit everybody', { accounts: 300, minutes: 20, usualPerHour: 60, perMinute: () => 6 }],
    [
      'a few hospitals of different sizes after an outage',
      { accounts: 12, minutes: 20, usualPerHour: 60, perMinute: (account) => 3 + account },
    ],
    ['four accounts of one operator: too few to tell', { accounts: 4, minutes: 20, perMinute: () => 20, source: () => 5 }],
  ])('finds no group in %s', (_who, crowd) => {
    for (const seed of SEEDS) expect(firstGroup(looks(createRandom(seed), crowd))).toBeUndefined()
  })

  it('finds no group in the few that are busier than usual among all behind the cloud of a vendor', () => {
    const random = createRandom(8)
    const cloud: Crowd = { accounts: 40, firstSlot: 100, minutes: 30, usualPerHour: 60, perMinute: () => 1.1, source: () => 77 }
    const busy: Crowd = { accounts: 8, minutes: 30, perMinute: () => 3, source: () => 77 }
    const options = { findsRhythm: false, minExcess: 60 }
    expect(firstGroup(looks(random, busy), options)?.slots.length).toBeGreaterThan(4)
    expect(firstGroup([...looks(random, busy), ...looks(random, cloud)], options)).toBeUndefined()
  })

  it('finds who is left over at an address by which others were found, for as long as it remembers them', () => {
    const hour = 60 * MINUTE_MS
    const left: Crowd = { accounts: 3, firstSlot: 50, minutes: 12, perMinute: () => 20, source: () => 77, startMs: START + hour }
    const made = looks(createRandom(3), left).toSorted((a, b) => a.atMs - b.atMs)
    const reasonsAfter = (groups: InStepGroups): string[] => {
      for (const look of made) groups.add(look.slot, look.facility, look.source, look.block, look.usualPerHour, look.atMs)
      return groups.groups(START + hour + 12 * MINUTE_MS).map(({ reason }) => reason)
    }
    expect(reasonsAfter(new InStepGroups())).toEqual([])
    for (const [rememberMs, reasons] of [
      [2 * hour, ['source']],
      [hour / 2, []],
    ] as const) {
      const groups = new InStepGroups({ rememberMs })
      firstGroup(looks(createRandom(1), { accounts: 20, minutes: 8, perMinute: () => 9, source: () => 77 }), {}, groups)
      expect(reasonsAfter(groups)).toEqual(reasons)
    }
  })

  it('finds nobody by the rhythm of accounts that ask for everybody again', () => {
    const made = looks(createRandom(1), { accounts: 20, minutes: 12, perMinute: () => 9 })
    expect(firstGroup(made, { recentOf: () => ({ lookups: 100, fresh: 55 }) })).toBeUndefined()
    expect(firstGroup(made, { recentOf: () => ({ lookups: 100, fresh: 65 }) })?.reasons[0]).toBe('rhythm')
  })

  it('finds nobody by the rhythm of look-ups that tell nobody', () => {
    const groups = new InStepGroups()
    for (const look of looks(createRandom(1), { accounts: 20, minutes: 12, perMinute: () => 9 }).toSorted(
      (a, b) => a.atMs - b.atMs,
    ))
      groups.add(look.slot, look.facility, 0, undefined, look.usualPerHour, look.atMs)
    expect(groups.groups(START + 12 * MINUTE_MS)).toEqual([])
  })

  it('forgets accounts that are cleared, and groups that are over', () => {
    const groups = new InStepGroups()
    const made = looks(createRandom(1), { accounts: 20, minutes: 8, perMinute: () => 9, source: () => 77 })
    firstGroup(made, {}, groups)
    const foundMs = START + 7 * MINUTE_MS
    expect(groups.groups(foundMs).length).toBeGreaterThan(0)
    for (const slot of TWENTY) groups.clear(slot)
    expect(groups.groups(foundMs)).toEqual([])
    const later = new InStepGroups()
    firstGroup(made, {}, later)
    expect(later.groups(foundMs + 20 * MINUTE_MS)).toEqual([])
  })

  it('holds no more keys than it may, and no key for accounts that do what they always do', () => {
    const groups = new InStepGroups({ maxKeys: 100 })
    for (const look of looks(createRandom(1), { accounts: 50, minutes: 10, perMinute: () => 5, block: (number) => number + 1 }))
      groups.add(look.slot, look.facility, look.source, look.block, look.usualPerHour, look.atMs)
    expect(groups.size).toBe(100)
    const calm = new InStepGroups()
    for (const look of looks(createRandom(1), {
      accounts: 50,
      minutes: 10,
      usualPerHour: 300,
      perMinute: () => 5,
      block: () => 3,
    }))
      calm.add(look.slot, look.facility, look.source, look.block, look.usualPerHour, look.atMs)
    expect(calm.size).toBe(0)
  })
})
