import { type DetectPolicy, lookupsAllowed } from '../detect-policy.ts'
import { excessEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Figures, Heat, Rule } from './rule.ts'

/**
 * More look-ups than any honest account of that size makes: the 2019 case (5715/BYT-BH). Repeats of one person never count, so that
 * a retry storm is no harvest where the log tells the persons.
 */
export function createAbsoluteRule({ absolute }: DetectPolicy): Rule {
  const limits = absolute.limits.map((limit) => ({ ...limit, number: windowNumber(limit.window) }))

  function firstOver(figures: Figures) {
    return limits.find((limit) => figures.persons(limit.number) > lookupsAllowed(limit, figures.dailyVisits))
  }

  return {
    name: 'absolute',
    holdMs: absolute.holdMinutes * 60_000,
    heatOf(figures): Heat {
      let heat: Heat = 'calm'
      for (const limit of limits) {
        const persons = figures.persons(limit.number)
        const allowed = lookupsAllowed(limit, figures.dailyVisits)
        if (persons > allowed) return 'over'
        if (persons > allowed * absolute.calmShare) heat = 'warm'
      }
      return heat
    },
    findingOf(figures, request) {
      const limit = firstOver(figures)
      if (limit === undefined) throw new RangeError('Cannot give evidence: the account is over no limit')
      const requests = figures.lookups(limit.number)
      const subjects = figures.subjects(limit.number)
      return {
        action: absolute.mode === 'enforce' ? 'suspend' : 'watch',
        window: limit.window,
        requests,
        subjects,
        evidence: excessEvidence({
          atMs: request.atMs,
          window: limit.window,
          requests,
          subjects,
          limit: lookupsAllowed(limit, figures.dailyVisits),
          class: request.class,
          dailyVisits: figures.dailyVisits,
        }),
      }
    },
  }
}
