import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const DAY = windowNumber('24h')

/**
 * Persons come number after number, in order or shuffled: nobody falls ill so. A commune's vaccination day fills few blocks of numbers
 * too, but in no order, so that an order makes the limit half as high.
 */
export function createWalkRule(policy: DetectPolicy): Rule {
  const { orderScore, densePersons } = policy.walk
  return {
    ...ruleBase('walk', policy),
    heatOf(figures) {
      const walk = figures.walk()
      return ((walk.orderScore >= orderScore ? 2 : 1) * walk.densePersons) / densePersons
    },
    findingOf(figures) {
      const walk = figures.walk()
      const [persons, dense, densest] = [figure(walk.persons), figure(walk.densePersons), figure(walk.densest)]
      return {
        window: '24h',
        requests: figures.lookups(DAY),
        subjects: figures.subjects(DAY),
        evidence: periodEvidence(figures.atMs, '24h', {
          vi: `tra cứu dò theo dải số: trong ${persons.vi} người gần đây có ${dense.vi} người thuộc các dải 1.000 số bị tra cứu dày đặc, dải nhiều nhất ít nhất ${densest.vi} người.`,
          en: `walked over numbers: of the last ${persons.en} persons ${dense.en} stand in densely looked up ranges of 1,000 numbers, at least ${densest.en} of them in one.`,
        }),
      }
    },
  }
}
