import { type Static, Type } from 'typebox'
import { type ConfigOf, type OptionTable, option } from '../config/option-table.ts'
import type { ConfigFinding } from '../config/parse-config.ts'
import { fallbackConfig } from '../config/print-config.ts'
import { findInstantMs } from '../time/find-instant.ts'
import { RULE_NAMES, type RuleName } from './rule-names.ts'
import { countOption, factorOption, modeOption, oneOf, pointsOption, scopeOption, shareOption } from './rule-options.ts'
import type { WindowName } from './windows.ts'

const count = Type.Integer({ minimum: 1 })
const minutes = Type.Integer({ minimum: 1, maximum: 1440 })

/** How many look-ups an account may make in one window before the rule acts. */
const Limit = Type.Object(
  {
    window: Type.Union([literal('30s'), literal('1m'), literal('10m'), literal('1h'), literal('24h')]),
    lookups: count,
    atLeast: count,
    perDailyVisit: Type.Number({ minimum: 0 }),
    atMost: count,
  },
  { additionalProperties: false },
)
export type Limit = Static<typeof Limit>

const Exemption = Type.Object(
  {
    rules: Type.Optional(Type.Array(oneOf<RuleName>(...RULE_NAMES))),
    account: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    facility: Type.Optional(Type.String({ pattern: '^[0-9]{5}$' })),
    province: Type.Optional(Type.String({ pattern: '^[0-9]{2}$' })),
    reason: Type.String({ minLength: 3, maxLength: 200 }),
    until: Type.String(),
  },
  { additionalProperties: false },
)
export type Exemption = Static<typeof Exemption>

/**
 * The 2019 account made 11.6 look-ups a second for a day (5715/BYT-BH); the largest honest one makes 90,000 a day and 300 a minute in
 * its busiest hour. 320 in 30 seconds lies between. A registered facility is judged by its size: the nightly re-check of all inpatients
 * of a national hospital passes, and a commune station may never do what only a national hospital does.
 */
const LIMITS: Limit[] = [
  { window: '30s', lookups: 320, atLeast: 320, perDailyVisit: 0.4, atMost: 2_000 },
  { window: '1h', lookups: 30_000, atLeast: 4_000, perDailyVisit: 30, atMost: 40_000 },
  { window: '24h', lookups: 150_000, atLeast: 10_000, perDailyVisit: 60, atMost: 600_000 },
]

/** Everything a detection policy file may say, and what holds where it is silent. */
export const DETECT_OPTIONS = {
  'score.watchAt': option(points(), 40, 'Points from which an account is only named (`watch`).'),
  'score.throttleAt': option(points(), 70, 'Points from which an account is to be slowed down (`throttle`).'),
  'score.suspendAt': option(points(), 100, 'Points from which an account is suspended.'),
  'score.calmShare': shareOption(
    0.5,
    'Share of a limit below which a rule counts as calm; in between it lets an action go on but begins none.',
  ),
  'score.holdMinutes': option(minutes, 30, 'Minutes an account must have been calm before an action ends by itself.'),
  'score.maxHoldMinutes': option(
    minutes,
    720,
    'The wait doubles with each suspension of an account within 24 hours, up to this.',
  ),
  'score.maxActionsPerHour': countOption(
    200,
    'Most accounts throttled or suspended within an hour; beyond it accounts are only named, and a finding says so.',
  ),
  'score.maxActionsPerProvinceHour': countOption(25, 'The same for the accounts of one province.'),
  'score.lookupsPerPerson': option(
    Type.Number({ minimum: 1, maximum: 9 }),
    2,
    'Look-ups that count as one person where the log does not tell the person.',
  ),
  exemptions: option(
    Type.Array(Exemption, { maxItems: 10_000 }),
    [],
    'Who is left out of which `rules` (none named: all), each by `account`, `facility` or `province`, with a `reason` and an end `until` (ISO 8601 with offset). What has ended is ignored, and said.',
  ),
  'absolute.mode': modeOption(
    'enforce',
    '`enforce`: an account over a limit is suspended. `observe`: it is only named (action `watch`). `shadow`: only counted what would have been done. `off`.',
  ),
  'absolute.holdMinutes': option(minutes, 30, 'Minutes an account must have been calm before the action ends by itself.'),
  'absolute.calmShare': option(
    Type.Number({ minimum: 0.05, maximum: 1 }),
    0.5,
    'Share of a limit below which an account counts as calm.',
  ),
  'absolute.limits': option(
    Type.Array(Limit, { minItems: 1, maxItems: 16 }),
    LIMITS,
    'Per window (`30s`, `1m`, `10m`, `1h`, `24h`): `lookups` for an account whose facility is not registered with its daily visits; for one that is, `perDailyVisit` times its visits, but no less than `atLeast` and no more than `atMost`.',
  ),
  'absolute.untoldFactor': option(
    Type.Number({ minimum: 1, maximum: 20 }),
    1,
    'For registered facilities whose log does not tell the persons: times as many look-ups in windows of more than 30 seconds. Above 1 `rate` and `peers` slow such accounts down and never suspend them; from 6 on, 50,000 retries for one person are not suspended, and a harvest with pauses gets as much more.',
  ),
  'absolute.scope': scopeOption(),
  'burst.mode': modeOption(
    'enforce',
    'More persons within 30 seconds than the account ever has at that hour, for facilities that the absolute rule allows more.',
  ),
  'burst.points': pointsOption(100, 100),
  'burst.lookups': countOption(320, 'Look-ups in 30 seconds that every account may make.'),
  'burst.factor': factorOption(
    2,
    'Times the most that the account has made in 30 seconds at that hour of the day before, if that is more.',
  ),
  'burst.learnDays': option(
    Type.Integer({ minimum: 1, maximum: 60 }),
    3,
    'Days after which what an account has done before is believed. Until then a night re-check passes (18:00–06:00, by the limit for its size).',
  ),
  'burst.scope': scopeOption(),
  'rate.mode': modeOption('enforce', 'More persons in an hour or a day than usual for this account at that hour of the week.'),
  'rate.points': pointsOption(40, 100),
  'rate.atLeast1h': countOption(60, 'Persons in an hour below which nothing is unusual.'),
  'rate.atLeast24h': countOption(200, 'Persons in 24 hours below which nothing is unusual.'),
  'rate.campPersons': countOption(
    650,
    'The same for an account that looks persons up more than once, as on a mass vaccination or health-check day (`peers.campNewShare`).',
  ),
  'rate.minSure': shareOption(0.1, 'How well a norm must be known (0 to 1, 1 after two months) before it is believed.'),
  'rate.scope': scopeOption(),
  'peers.mode': modeOption(
    'enforce',
    'More persons in an hour or a day than a facility of its size has: for new accounts and small stations.',
  ),
  'peers.points': pointsOption(40, 100),
  'peers.atLeast1h': countOption(60, 'Persons in an hour that any facility may have, beside those of its size.'),
  'peers.perDailyVisit1h': factorOption(3, 'Persons in an hour for each daily visit.'),
  'peers.atLeast24h': countOption(200, 'Persons in 24 hours that any facility may have, beside those of its size.'),
  'peers.perDailyVisit24h': factorOption(5, 'Persons in 24 hours for each daily visit.'),
  'peers.campPersons': countOption(
    450,
    'The same as `peers.atLeast24h` for an account that looks persons up more than once: mass vaccination, health-check days.',
  ),
  'peers.campNewShare': shareOption(0.8, 'Share of look-ups of persons not seen lately below which it counts as such.'),
  'peers.untoldFrom': option(
    Type.Number({ minimum: 1, maximum: 100 }),
    1.4,
    'Times its limit from which an account is suspended whose log tells no person, if it was never half as busy on the six days before. Where `absolute.untoldFactor` is above 1 it is slowed down only.',
  ),
  'peers.untoldUnknownFrom': option(
    Type.Number({ minimum: 1, maximum: 100 }),
    3,
    'The same, within an hour, for an account of whose days before nothing is known: its registered visits may be wrong.',
  ),
  'peers.hospitalFrom': countOption(700, 'Daily visits from which a facility checks all claims of a month again at its end.'),
  'peers.hospitalPerDailyVisit1h': factorOption(5, 'Persons in an hour for each daily visit of such a facility.'),
  'peers.hospitalPerDailyVisit24h': factorOption(11, 'Persons in 24 hours for each daily visit of such a facility.'),
  'peers.scope': scopeOption(),
  'persons.mode': modeOption(
    'enforce',
    'Almost no look-up is a repeat: honest clients look a person up two to nine times. Adds to other rules, does nothing alone.',
  ),
  'persons.points': pointsOption(30, 39),
  'persons.atLeast1h': countOption(150, 'Persons told in an hour below which the share says nothing.'),
  'persons.newShare': shareOption(0.8, 'Share of look-ups in the hour that are of a person not seen lately.'),
  'persons.scope': scopeOption(),
  'misses.mode': modeOption(
    'enforce',
    'Too many answers that the card, name or birth date is wrong (guessing), or that the officer is (a stolen account).',
  ),
  'misses.points': pointsOption(50, 100),
  'misses.share': shareOption(
    0.25,
    'Share of the hour’s look-ups answered 05x, 06x or 070, or 404 where no answer code is logged. An honest hospital has 3 %.',
  ),
  'misses.atLeast1h': countOption(60, 'Such answers in an hour below which the share says nothing.'),
  'misses.officers1h': countOption(30, 'Answers 054 or 055 in an hour.'),
  'misses.scope': scopeOption(),
  'walk.mode': modeOption(
    'enforce',
    'Persons come block after block of numbers, or a block of a thousand numbers is looked up densely.',
  ),
  'walk.points': pointsOption(40, 100),
  'walk.orderScore': option(
    Type.Number({ minimum: 1, maximum: 30 }),
    12,
    'How surely the blocks come one after the other (a sum of log likelihood ratios, at most 30).',
  ),
  'walk.densePersons': countOption(250, 'Persons in densely looked up blocks; half as many where they come in order.'),
  'walk.scope': scopeOption(),
  'address.mode': modeOption(
    'enforce',
    'Look-ups from addresses that the registrations do not give to the facility. Adds to other rules; alone it only names the account.',
  ),
  'address.points': pointsOption(40, 40),
  'address.atLeast1h': countOption(60, 'Such requests in an hour.'),
  'address.scope': scopeOption(),
  'sources.mode': modeOption(
    'enforce',
    'One account from many addresses, or from several at the same time; registered ones do not count.',
  ),
  'sources.points': pointsOption(40, 70),
  'sources.in1h': option(Type.Integer({ minimum: 2, maximum: 16 }), 12, 'Different addresses within an hour.'),
  'sources.in1m': option(Type.Integer({ minimum: 2, maximum: 16 }), 6, 'Different addresses within a minute.'),
  'sources.scope': scopeOption(),
  'retired.mode': modeOption('observe', 'Functions that 1923/BHXH-CNTT §1c stopped are still called.'),
  'retired.points': pointsOption(40, 40),
  'retired.in24h': countOption(10, 'Calls in 24 hours.'),
  'retired.scope': scopeOption(),
  'shared.mode': modeOption('shadow', 'A shared facility account (`01234_BV`) is used after its last day (1923/BHXH-CNTT §1b).'),
  'shared.points': pointsOption(40, 40),
  'shared.from': option(Type.String(), '2024-08-01T00:00+07:00', 'From when on; ISO 8601 with offset.'),
  'shared.scope': scopeOption(),
  'otp.mode': modeOption(
    'enforce',
    'Treatment histories and records seen without a live OTP grant (1232/BHXH-CNTT). Nothing is judged where no grants are known.',
  ),
  'otp.points': pointsOption(40, 100),
  'otp.in1h': countOption(5, 'Such requests in an hour.'),
  'otp.scope': scopeOption(),
  'step.mode': modeOption(
    'enforce',
    'Several accounts act as one: the same address, the same blocks of numbers, or the same rhythm.',
  ),
  'step.points': pointsOption(70, 100),
  'step.minAccounts': option(Type.Integer({ minimum: 2, maximum: 1000 }), 5, 'Accounts of a group.'),
  'step.minExcess': countOption(
    60,
    'Persons of the group beyond what is usual for its accounts: within ten minutes, or twice as many within two hours.',
  ),
  'step.scope': scopeOption(),
} as const satisfies OptionTable

/** A detection policy, complete. `parseConfig(DETECT_OPTIONS, text, checkDetectPolicy)` reads one from YAML. */
export type DetectPolicy = ConfigOf<typeof DETECT_OPTIONS>

/** What holds where no policy is named. */
export const DEFAULT_DETECT_POLICY = fallbackConfig(DETECT_OPTIONS) as unknown as DetectPolicy

/** What no single option can show: values that contradict themselves or each other. */
export function checkDetectPolicy(policy: DetectPolicy): readonly ConfigFinding[] {
  const { watchAt, throttleAt, suspendAt } = policy.score
  return [
    ...(throttleAt < watchAt
      ? [{ path: 'score.throttleAt', message: `must be ${watchAt} (watchAt) or more, is ${throttleAt}` }]
      : []),
    ...(suspendAt < throttleAt
      ? [{ path: 'score.suspendAt', message: `must be ${throttleAt} (throttleAt) or more, is ${suspendAt}` }]
      : []),
    ...policy.absolute.limits.flatMap((limit, number) => limitFindings(policy, limit, number)),
    ...policy.exemptions.flatMap(exemptionFindings),
    ...(findInstantMs(policy.shared.from) === undefined ? [{ path: 'shared.from', message: NO_INSTANT }] : []),
  ]
}

const NO_INSTANT = 'must be a date and time with an offset, such as 2026-12-31T23:59:59+07:00'

function limitFindings(policy: DetectPolicy, { window, atLeast, atMost }: Limit, number: number): ConfigFinding[] {
  const path = `absolute.limits.${number}`
  const sameWindow = policy.absolute.limits.findIndex((other) => other.window === window)
  return [
    ...(atLeast > atMost ? [{ path: `${path}.atMost`, message: `must be ${atLeast} (atLeast) or more, is ${atMost}` }] : []),
    ...(sameWindow < number ? [{ path: `${path}.window`, message: `${window} has a limit already` }] : []),
  ]
}

function exemptionFindings({ account, facility, province, until }: Exemption, number: number): ConfigFinding[] {
  const path = `exemptions.${number}`
  const named = [account, facility, province].filter((name) => name !== undefined).length
  return [
    ...(named === 1 ? [] : [{ path, message: `must name one of account, facility and province, names ${named}` }]),
    ...(findInstantMs(until) === undefined ? [{ path: `${path}.until`, message: NO_INSTANT }] : []),
  ]
}

/** The look-ups an account may make in a limit's window. */
export function lookupsAllowed(limit: Limit, dailyVisits: number | undefined): number {
  if (dailyVisits === undefined) return limit.lookups
  return Math.min(limit.atMost, Math.max(limit.atLeast, Math.round(limit.perDailyVisit * dailyVisits)))
}

function literal<const Name extends WindowName>(name: Name) {
  return Type.Literal(name)
}

function points() {
  return Type.Integer({ minimum: 1, maximum: 1000 })
}
