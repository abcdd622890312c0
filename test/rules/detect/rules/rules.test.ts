import { describe, expect, it } from 'vitest'
import type { EventKind } from '../../../../rules/detect/account-details.ts'
import { DEFAULT_DETECT_POLICY } from '../../../../rules/detect/detect-policy.ts'
import { createNorm, type Norm } from '../../../../rules/detect/norms/norm.ts'
import type { RuleName } from '../../../../rules/detect/rule-names.ts'
import { createRules } from '../../../../rules/detect/rules/create-rules.ts'
import type { Figures, Rule } from '../../../../rules/detect/rules/rule.ts'
import type { SteppingGroup } from '../../../../rules/detect/step-watch.ts'
import { createWalkFigures } from '../../../../rules/detect/walk/walk-tracker.ts'

const MORNING = Date.parse('2026-03-02T09:30:00+07:00')
const NIGHT = Date.parse('2026-03-02T02:30:00+07:00')
const RULES = createRules(DEFAULT_DETECT_POLICY).all

/** What a test names of an account; the same count in every window. */
interface Facts {
  readonly atMs?: number
  readonly dailyVisits?: number | undefined
  readonly lookups?: number
  readonly persons?: number
  readonly busiestMinute?: number
  readonly subjects?: number
  readonly events?: Partial<Record<EventKind, number>>
  readonly norm?: Partial<Norm>
  readonly mostBefore?: number
  readonly usualBurst?: number
  readonly daysSeen?: number
  readonly walk?: { readonly densePersons: number; readonly orderScore: number }
  readonly group?: SteppingGroup
  readonly sources?: number
  readonly isShared?: boolean
}

function figuresOf(facts: Facts): Figures {
  const { lookups = 0, persons = lookups, subjects = 0, events = {}, sources = 0 } = facts
  return {
    atMs: facts.atMs ?? MORNING,
    class: 'lookup',
    dailyVisits: 'dailyVisits' in facts ? facts.dailyVisits : 40,
    lookups: () => lookups,
    subjects: () => subjects,
    persons: () => persons,
    busiestMinute: facts.busiestMinute ?? 0,
    people: () => persons - (persons - subjects) / 2,
    events: (kind) => events[kind] ?? 0,
    norm: () => ({ ...createNorm(), ...facts.norm }),
    mostBefore: () => facts.mostBefore ?? 0,
    usualBurst: facts.usualBurst ?? 0,
    daysSeen: facts.daysSeen ?? 5,
    walk: () => ({ ...createWalkFigures(), persons: 500, densest: 100, ...facts.walk }),
    group: facts.group,
    sources: () => sources,
    isShared: facts.isShared ?? false,
  }
}

function ruleOf(name: RuleName): Rule {
  const rule = RULES.find((each) => each.name === name)
  if (rule === undefined) throw new Error(`no rule ${name}`)
  return rule
}

function aGroup(reason: SteppingGroup['reason'], excess: number, weight = 1): SteppingGroup {
  return { reason, excess, weight, slots: [1, 2, 3, 4, 5], persons: 2 * excess, sinceMs: MORNING, spanMinutes: 10 }
}

const OWN = { basis: 'own', sure: 0.5, expected: 50, allowed: 200 } as const

describe('a rule', () => {
  it.each<[RuleName, Facts, boolean, string]>([
    ['absolute', { lookups: 320 }, false, 'the limit itself is allowed'],
    ['absolute', { lookups: 321 }, true, 'one more is not'],
    ['absolute', { lookups: 9_000, persons: 100 }, false, 'repeats of one person never count'],
    ['absolute', { lookups: 320, busiestMinute: 640 }, false, 'nor twice that in a minute'],
    ['absolute', { lookups: 320, busiestMinute: 641 }, true, 'one more in a minute is over in one of its halves'],
    ['absolute', { lookups: 400, dailyVisits: 2_000 }, false, 'a large hospital may do more'],
    ['burst', { lookups: 400, dailyVisits: 2_000 }, true, 'but not where it never did at that hour'],
    ['burst', { lookups: 400, dailyVisits: 2_000, usualBurst: 250 }, false, 'twice what it is used to is fine'],
    ['burst', { lookups: 400, dailyVisits: 2_000, daysSeen: 1, atMs: NIGHT }, false, 'a night re-check of one that is new'],
    ['rate', { lookups: 210, subjects: 210, norm: OWN }, true, 'more than usual for it'],
    ['rate', { lookups: 190, subjects: 190, norm: OWN }, false, 'less than that'],
    ['rate', { lookups: 210, subjects: 210, norm: { ...OWN, basis: 'peers' } }, false, 'a norm that is not its own'],
    ['rate', { lookups: 210, subjects: 210, norm: { ...OWN, sure: 0.05 } }, false, 'a norm nobody is sure of'],
    ['rate', { lookups: 50, subjects: 50, norm: { ...OWN, allowed: 5 } }, false, 'too few to be unusual'],
    ['peers', { lookups: 500, subjects: 500 }, true, 'more than any station of that size has'],
    ['peers', { lookups: 500, subjects: 500, dailyVisits: undefined }, false, 'a size nobody registered'],
    ['peers', { lookups: 500, subjects: 500, norm: { ...OWN, allowed: 900 } }, false, 'who has had more for long is not small'],
    ['persons', { lookups: 200, subjects: 190 }, true, 'hardly a repeat'],
    ['persons', { lookups: 400, subjects: 190 }, false, 'two look-ups a person'],
    ['persons', { lookups: 100, subjects: 100 }, false, 'too few to say'],
    ['misses', { lookups: 200, events: { misses: 60 } }, true, 'three in ten miss'],
    ['misses', { lookups: 2_000, events: { misses: 66 } }, false, 'as many as an honest hospital'],
    ['misses', { lookups: 200, events: { officerMisses: 30 } }, true, 'names of officers are tried'],
    ['walk', { walk: { densePersons: 250, orderScore: 0 } }, true, 'dense blocks'],
    ['walk', { walk: { densePersons: 130, orderScore: 0 } }, false, 'a commune on one day'],
    ['walk', { walk: { densePersons: 130, orderScore: 15 } }, true, 'fewer of them in order'],
    ['address', { events: { foreign: 60 } }, true, 'from elsewhere for an hour'],
    ['address', { events: { foreign: 20 } }, false, 'a line that was dialled again'],
    ['sources', { sources: 12 }, true, 'a dozen places'],
    ['sources', { sources: 3 }, false, 'three places'],
    ['retired', { events: { retired: 10 } }, true, 'functions that were stopped'],
    ['shared', { isShared: true }, true, 'a shared account after its date'],
    ['shared', { isShared: true, atMs: Date.parse('2024-07-31T23:59:59+07:00') }, false, 'on its last day'],
    ['otp', { events: { ungranted: 5 } }, true, 'histories without OTP'],
    ['step', { group: aGroup('source', 60) }, true, 'one operator from one address'],
    ['step', { group: aGroup('rhythm', 60, 0.5) }, false, 'a shared rhythm weighs half'],
    ['step', { group: aGroup('source', 20, 3) }, true, 'by an address that a group was found by'],
    ['step', {}, false, 'in no group'],
  ])('%s of %j is over its limit: %s (%s)', (name, facts, isOver) => {
    const rule = ruleOf(name)
    const figures = figuresOf(facts)
    expect(rule.heatOf(figures) >= 1).toBe(isOver)
    if (!isOver) return
    const { evidence } = rule.findingOf(figures)
    for (const words of [evidence.vi, evidence.en]) {
      expect(words.length).toBeLessThanOrEqual(400)
      expect(words).not.toMatch(/NaN|undefined|null|Infinity/)
    }
  })

  it.each<[Facts, number, string]>([
    [
      { lookups: 1_300, dailyVisits: 40 },
      64,
      'beyond any of its size, but nothing is known of its days before: its registration may be wrong',
    ],
    [{ lookups: 2_400, dailyVisits: 40 }, 99, 'nor so far that a wrong registration is out of the question'],
    [{ lookups: 3_900, dailyVisits: 40 }, 99, 'nor does a day say more: it may be a monitor that began this morning'],
    [{ lookups: 11_000, dailyVisits: 40 }, 100, 'but an hour of three times the most of its size does'],
    [{ lookups: 1_300, dailyVisits: 40, mostBefore: 300 }, 99, 'beyond, but it was half as busy before'],
    [{ lookups: 1_300, dailyVisits: 40, mostBefore: 200 }, 99, 'not far enough: Tết ends'],
    [{ lookups: 1_900, dailyVisits: 40, mostBefore: 400 }, 100, 'far beyond, and never half as busy'],
    [{ lookups: 1_900, dailyVisits: 40, mostBefore: 500 }, 99, 'far beyond, but it was half as busy before'],
  ])('peers of a day of %j give %i points at most below suspension (%s)', (facts, points) => {
    const inADay = { ...figuresOf(facts), persons: (window: number) => (facts.lookups ?? 0) / (window < 4 ? 10 : 1) }
    const figures = {
      ...inADay,
      people: (window: number) => inADay.persons(window) - (inADay.persons(window) - inADay.subjects(window)) / 2,
    }
    const { points: scale } = ruleOf('peers')
    const given = Math.min(scale.most, scale.atLimit * ruleOf('peers').heatOf(figures))
    if (points === 100) expect(given).toBe(100)
    else expect(given).toBeLessThanOrEqual(points)
  })

  it('peers never suspends a monitor that asks round the clock, however many persons it may be', () => {
    const facts = { lookups: 8_640, mostBefore: 20 }
    const figures = { ...figuresOf(facts), people: (window: number) => 4_320 / (window < 4 ? 24 : 1), subjects: () => 0 }
    expect(ruleOf('peers').points.atLimit * ruleOf('peers').heatOf(figures)).toBeLessThan(100)
  })

  it.each(['rate', 'peers'] as const)('%s never suspends where nobody is told and retries are borne', (name) => {
    const absolute = { ...DEFAULT_DETECT_POLICY.absolute, untoldFactor: 6 }
    const patient = createRules({ ...DEFAULT_DETECT_POLICY, absolute }).all.find((rule) => rule.name === name)
    const strict = ruleOf(name)
    const facts = { lookups: 50_000, mostBefore: 20, norm: OWN }
    expect(strict.points.atLimit * strict.heatOf(figuresOf(facts))).toBeGreaterThanOrEqual(100)
    expect(strict.points.atLimit * (patient?.heatOf(figuresOf(facts)) ?? 0)).toBeLessThan(100)
    const told = figuresOf({ ...facts, subjects: 40_000 })
    expect(strict.points.atLimit * (patient?.heatOf(told) ?? 0)).toBeGreaterThanOrEqual(100)
  })

  it.each<[Facts, boolean, string]>([
    [{ lookups: 3_900 }, false, 'as many as any clinic may'],
    [{ lookups: 4_001 }, true, 'a harvest may look like it'],
    [{ lookups: 4_001, subjects: 3_500 }, true, 'persons are told'],
    [{ lookups: 31_000, dailyVisits: undefined }, true, 'a size nobody registered'],
  ])('absolute of %j in an hour, never fast, is over its limit: %s (%s)', (facts, isOver, _reason) => {
    const inAnHour = { ...figuresOf(facts), persons: (window: number) => (window < 3 ? 100 : (facts.lookups ?? 0)) }
    expect(ruleOf('absolute').heatOf(inAnHour) >= 1).toBe(isOver)
  })

  it.each(['absolute', 'burst'] as const)('%s gives no more room than it takes to be no longer calm', (name) => {
    const rule = ruleOf(name)
    for (const dailyVisits of [undefined, 3, 40, 801, 9_000])
      for (const lookups of [0, 7, 100, 159, 2_000]) {
        const at = (persons: number): Figures => figuresOf({ lookups: persons, dailyVisits })
        const room = rule.roomOf?.(at(lookups)) ?? 0
        if (room > 0) expect(rule.heatOf(at(lookups + room))).toBeLessThan(rule.calmShare)
      }
  })
})
