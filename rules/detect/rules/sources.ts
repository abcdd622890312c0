import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const HOUR_S = 3600
const MINUTE_S = 60

/** One account from many places, or from more at the same moment than one person can be at. */
export function createSourcesRule(policy: DetectPolicy): Rule {
  const { in1h, in1m } = policy.sources
  return {
    ...ruleBase('sources', policy),
    heatOf: (figures) => Math.max(figures.sources(HOUR_S) / in1h, figures.sources(MINUTE_S) / in1m),
    findingOf(figures) {
      const isSpread = figures.sources(HOUR_S) >= in1h
      const window = isSpread ? '1h' : '1m'
      const number = windowNumber(window)
      const count = figure(figures.sources(isSpread ? HOUR_S : MINUTE_S))
      return {
        window,
        requests: figures.lookups(number),
        subjects: figures.subjects(number),
        evidence: periodEvidence(figures.atMs, window, {
          vi: `được dùng từ ít nhất ${count.vi} địa chỉ khác nhau không đăng ký cho cơ sở.`,
          en: `was used from at least ${count.en} different addresses that are not registered for the facility.`,
        }),
      }
    },
  }
}
