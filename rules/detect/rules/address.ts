import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const HOUR = windowNumber('1h')

/** Use from an address that is not the facility's. A line that was dialled again does that too, so it only adds to what else is found. */
export function createAddressRule(policy: DetectPolicy): Rule {
  const { atLeast1h } = policy.address
  return {
    ...ruleBase('address', policy),
    heatOf: (figures) => figures.events('foreign', '1h') / atLeast1h,
    eventFloors: [{ kind: 'foreign', window: '1h', count: policy.score.calmShare * atLeast1h }],
    findingOf(figures) {
      const [foreign, all] = [figure(figures.events('foreign', '1h')), figure(figures.lookups(HOUR))]
      return {
        window: '1h',
        requests: figures.lookups(HOUR),
        subjects: figures.subjects(HOUR),
        evidence: periodEvidence(figures.atMs, '1h', {
          vi: `gửi ${foreign.vi} yêu cầu từ địa chỉ không được đăng ký cho cơ sở (1923/BHXH-CNTT), và tra cứu ${all.vi} lượt.`,
          en: `sent ${foreign.en} requests from addresses that are not registered for the facility (1923/BHXH-CNTT), and made ${all.en} look-ups.`,
        }),
      }
    },
  }
}
