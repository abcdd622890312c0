import { findInstantMs } from '../../time/find-instant.ts'
import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { portalTimeWords } from '../portal-day.ts'
import { windowNumber } from '../windows.ts'
import type { Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const DAY = windowNumber('24h')

/** A facility's shared account after the day from which on only named users log in (1923/BHXH-CNTT §1b). */
export function createSharedRule(policy: DetectPolicy): Rule {
  const fromMs = findInstantMs(policy.shared.from) ?? Number.POSITIVE_INFINITY
  return {
    ...ruleBase('shared', policy),
    heatOf: (figures) => (figures.isShared && figures.atMs >= fromMs ? 1 : 0),
    findingOf(figures) {
      const lookups = figures.lookups(DAY)
      const made = figure(lookups)
      const from = portalTimeWords(fromMs)
      return {
        window: '24h',
        requests: lookups,
        subjects: figures.subjects(DAY),
        evidence: periodEvidence(figures.atMs, '24h', {
          vi: `là tài khoản dùng chung của cơ sở mà vẫn được sử dụng (${made.vi} lượt tra cứu) sau ${from.vi}; từ thời điểm đó mỗi người phải dùng tài khoản riêng (1923/BHXH-CNTT).`,
          en: `is a facility’s shared account and is still in use (${made.en} look-ups) after ${from.en}; from then on everybody has an account of their own (1923/BHXH-CNTT).`,
        }),
      }
    },
  }
}
