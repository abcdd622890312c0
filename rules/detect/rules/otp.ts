import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const HOUR = windowNumber('1h')

/** Treatment histories and records without a live OTP grant (1232/BHXH-CNTT). Silent where nobody tells the grants. */
export function createOtpRule(policy: DetectPolicy): Rule {
  const { in1h } = policy.otp
  return {
    ...ruleBase('otp', policy),
    heatOf: (figures) => figures.events('ungranted', '1h') / in1h,
    eventFloors: [{ kind: 'ungranted', window: '1h', count: policy.score.calmShare * in1h }],
    findingOf(figures) {
      const seen = figure(figures.events('ungranted', '1h'))
      return {
        window: '1h',
        requests: figures.lookups(HOUR),
        subjects: figures.subjects(HOUR),
        evidence: periodEvidence(figures.atMs, '1h', {
          vi: `xem ${seen.vi} lượt lịch sử hoặc hồ sơ khám chữa bệnh mà không có mã OTP còn hiệu lực (1232/BHXH-CNTT).`,
          en: `saw ${seen.en} treatment histories or records without a live OTP (1232/BHXH-CNTT).`,
        }),
      }
    },
  }
}
