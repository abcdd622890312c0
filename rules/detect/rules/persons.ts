import type { DetectPolicy } from '../detect-policy.ts'
import { figure, percent, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const HOUR = windowNumber('1h')

/** Hardly anybody is looked up twice: honest clients ask two to nine times for each visit. The fewer repeats, the more points. */
export function createPersonsRule(policy: DetectPolicy): Rule {
  const { atLeast1h, newShare } = policy.persons
  return {
    ...ruleBase('persons', policy),
    heatOf(figures) {
      const subjects = figures.subjects(HOUR)
      if (subjects < atLeast1h) return 0
      const share = subjects / figures.lookups(HOUR)
      return share < newShare ? 0 : 1 + (share - newShare) / Math.max(0.01, 1 - newShare)
    },
    findingOf(figures) {
      const [requests, subjects] = [figures.lookups(HOUR), figures.subjects(HOUR)]
      const [made, persons] = [figure(requests), figure(subjects)]
      const share = percent(subjects / requests)
      return {
        window: '1h',
        requests,
        subjects,
        evidence: periodEvidence(figures.atMs, '1h', {
          vi: `đã tra cứu ${made.vi} lượt của ${persons.vi} người khác nhau: ${share} số lượt là người chưa tra cứu trước đó, trong khi thông thường mỗi người được tra cứu từ 2 đến 9 lượt.`,
          en: `made ${made.en} look-ups of ${persons.en} different persons: ${share} of them of somebody not looked up before, while an honest client asks 2 to 9 times for each person.`,
        }),
      }
    },
  }
}
