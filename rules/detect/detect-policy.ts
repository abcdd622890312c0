import { type Static, Type } from 'typebox'
import { type ConfigOf, type OptionTable, option } from '../config/option-table.ts'
import type { ConfigFinding } from '../config/parse-config.ts'
import { fallbackConfig } from '../config/print-config.ts'
import type { WindowName } from './windows.ts'

const count = Type.Integer({ minimum: 1 })

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
  'absolute.mode': option(
    Type.Union([Type.Literal('observe'), Type.Literal('enforce')]),
    'enforce',
    '`enforce`: an account over a limit is suspended. `observe`: it is only named (action `watch`).',
  ),
  'absolute.holdMinutes': option(
    Type.Integer({ minimum: 1, maximum: 1440 }),
    30,
    'Minutes an account must have been calm before the action ends by itself.',
  ),
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
} as const satisfies OptionTable

/** A detection policy, complete. `parseConfig(DETECT_OPTIONS, text, checkDetectPolicy)` reads one from YAML. */
export type DetectPolicy = ConfigOf<typeof DETECT_OPTIONS>

/** What holds where no policy is named. */
export const DEFAULT_DETECT_POLICY = fallbackConfig(DETECT_OPTIONS) as unknown as DetectPolicy

/** What no single option can show: limits that contradict themselves or each other. */
export function checkDetectPolicy(policy: DetectPolicy): readonly ConfigFinding[] {
  return policy.absolute.limits.flatMap(({ window, atLeast, atMost }, number) => {
    const path = `absolute.limits.${number}`
    const sameWindow = policy.absolute.limits.findIndex((other) => other.window === window)
    return [
      ...(atLeast > atMost ? [{ path: `${path}.atMost`, message: `must be ${atLeast} (atLeast) or more, is ${atMost}` }] : []),
      ...(sameWindow < number ? [{ path: `${path}.window`, message: `${window} has a limit already` }] : []),
    ]
  })
}

/** The look-ups an account may make in a limit's window. */
export function lookupsAllowed(limit: Limit, dailyVisits: number | undefined): number {
  if (dailyVisits === undefined) return limit.lookups
  return Math.min(limit.atMost, Math.max(limit.atLeast, Math.round(limit.perDailyVisit * dailyVisits)))
}

function literal<const Name extends WindowName>(name: Name) {
  return Type.Literal(name)
}
