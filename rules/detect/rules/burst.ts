import { type DetectPolicy, lookupsAllowed } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { hourOfDay } from '../portal-day.ts'
import { windowNumber } from '../windows.ts'
import type { Figures, Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const WINDOW = windowNumber('30s')
/** Ordinary hours of a hospital: from here on and until then a re-check of all inpatients is not expected. */
const DAY_FROM = 6
const DAY_TO = 18

/**
 * A large hospital may do more in half a minute than the absolute rule lets others do, because it checks all its inpatients again at
 * night. This rule takes that back where the account has never done so at that hour.
 */
export function createBurstRule(policy: DetectPolicy): Rule {
  const { lookups, factor, learnDays } = policy.burst
  const bySize = policy.absolute.limits.find(({ window }) => window === '30s')

  function limitOf(figures: Figures): number {
    const usual = factor * figures.usualBurst
    const hour = hourOfDay(figures.atMs)
    const isNight = hour < DAY_FROM || hour >= DAY_TO
    const night =
      isNight && figures.daysSeen < learnDays && bySize !== undefined ? lookupsAllowed(bySize, figures.dailyVisits) : 0
    return Math.max(lookups, usual, night)
  }

  return {
    ...ruleBase('burst', policy),
    heatOf(figures) {
      const persons = figures.persons(WINDOW)
      if (persons <= lookups * policy.score.calmShare) return 0
      const share = persons / limitOf(figures)
      return share > 1 ? share : Math.min(share, 0.99)
    },
    roomOf: (figures) => Math.floor(lookups * policy.score.calmShare) - figures.persons(WINDOW),
    findingOf(figures) {
      const limit = figure(limitOf(figures))
      const [requests, subjects] = [figures.lookups(WINDOW), figures.subjects(WINDOW)]
      const made = figure(requests)
      return {
        window: '30s',
        requests,
        subjects,
        evidence: periodEvidence(figures.atMs, '30s', {
          vi: `đã tra cứu ${made.vi} lượt; mức cao nhất có thể chấp nhận đối với tài khoản này vào giờ đó trong ngày là ${limit.vi} lượt.`,
          en: `made ${made.en} look-ups; the most to be expected of it at that hour of the day is ${limit.en}.`,
        }),
      }
    },
  }
}
