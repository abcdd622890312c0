import { type DetectPolicy, lookupsAllowed } from '../detect-policy.ts'
import { excessEvidence, figure, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Figures, Finding, Rule } from './rule.ts'

/**
 * More look-ups than any honest account of that size makes: the 2019 case (5715/BYT-BH). Repeats of one person never count, so that
 * a retry storm is no harvest where the log tells the persons.
 */
export function createAbsoluteRule({ absolute, score }: DetectPolicy): Rule {
  const limits = absolute.limits.map((limit) => ({ ...limit, number: windowNumber(limit.window) }))

  const longest = Math.max(...limits.map(({ number }) => number))
  const shortest = limits.find(({ window }) => window === '30s')
  const least = absolute.calmShare * Math.min(...limits.map(({ lookups, atLeast }) => Math.min(lookups, atLeast)))

  /** Where nobody is told, a client that never believes the answer looks like many persons, though it is not as fast as a harvest. */
  function allowedOf(limit: (typeof limits)[number], figures: Figures): number {
    const allowed = lookupsAllowed(limit, figures.dailyVisits)
    const isPatient = figures.dailyVisits !== undefined && limit.window !== '30s'
    return isPatient && figures.subjects(limit.number) * 2 < figures.persons(limit.number)
      ? allowed * absolute.untoldFactor
      : allowed
  }

  /**
   * Whoever makes more in a minute than twice what half a minute allows was over in one of its halves: seen also where lines of one host come so late that no
   * window of half a minute ever held them all.
   */
  function allowedInMinute(figures: Figures): number {
    return shortest === undefined ? Number.POSITIVE_INFINITY : 2 * lookupsAllowed(shortest, figures.dailyVisits)
  }

  return {
    name: 'absolute',
    mode: absolute.mode,
    points: { atLimit: score.suspendAt, most: score.suspendAt },
    scope: absolute.scope,
    calmShare: absolute.calmShare,
    holdMs: absolute.holdMinutes * 60_000,
    heatOf(figures: Figures) {
      // What was not done in the longest window was not done in any.
      if (figures.persons(longest) < least) return 0
      let heat = 0
      for (const limit of limits) {
        const share = figures.persons(limit.number) / allowedOf(limit, figures)
        // Full is not over: the limit itself is allowed.
        const own = share > 1 ? share : Math.min(share, BELOW_ONE)
        if (own > heat) heat = own
      }
      // Ten minutes in which so few were made hold no such minute.
      const inMinute = allowedInMinute(figures)
      if (figures.persons(TEN_MINUTES) < absolute.calmShare * inMinute) return heat
      const share = figures.busiestMinute / inMinute
      return Math.max(heat, share > 1 ? share : Math.min(share, BELOW_ONE))
    },
    roomOf(figures) {
      let room = Number.MAX_SAFE_INTEGER
      for (const limit of limits) {
        const calm = absolute.calmShare * lookupsAllowed(limit, figures.dailyVisits)
        // One less than that, for a share that rounding makes a hair larger.
        room = Math.min(room, Math.ceil(calm) - 2 - figures.persons(limit.number))
      }
      return Math.min(room, Math.ceil(absolute.calmShare * allowedInMinute(figures)) - 2 - figures.busiestMinute)
    },
    findingOf(figures) {
      const limit = limits.find((one) => figures.persons(one.number) > allowedOf(one, figures))
      if (limit === undefined) return findingInMinute(figures, figures.busiestMinute, allowedInMinute(figures))
      const requests = figures.lookups(limit.number)
      const subjects = figures.subjects(limit.number)
      return {
        window: limit.window,
        requests,
        subjects,
        evidence: excessEvidence({
          atMs: figures.atMs,
          window: limit.window,
          requests,
          subjects,
          limit: allowedOf(limit, figures),
          class: figures.class,
          dailyVisits: figures.dailyVisits,
        }),
      }
    },
  }
}

function findingInMinute(figures: Figures, busiest: number, allowed: number): Finding {
  const [made, most] = [figure(busiest), figure(allowed)]
  return {
    window: '10m',
    requests: figures.lookups(TEN_MINUTES),
    subjects: figures.subjects(TEN_MINUTES),
    evidence: periodEvidence(figures.atMs, '10m', {
      vi: `đã tra cứu ${made.vi} lượt trong một phút; mức tối đa đối với cơ sở này là ${most.vi} lượt mỗi phút.`,
      en: `made ${made.en} look-ups in one minute; the most for this facility is ${most.en} a minute.`,
    }),
  }
}

const TEN_MINUTES = windowNumber('10m')
const BELOW_ONE = 1 - Number.EPSILON
