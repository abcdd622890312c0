import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const DAY = windowNumber('24h')

/** Functions that 1923/BHXH-CNTT §1c stopped. */
export function createRetiredRule(policy: DetectPolicy): Rule {
  const { in24h } = policy.retired
  return {
    ...ruleBase('retired', policy),
    heatOf: (figures) => figures.events('retired', '24h') / in24h,
    eventFloors: [{ kind: 'retired', window: '24h', count: policy.score.calmShare * in24h }],
    findingOf(figures) {
      const calls = figure(figures.events('retired', '24h'))
      return {
        window: '24h',
        requests: figures.lookups(DAY),
        subjects: figures.subjects(DAY),
        evidence: periodEvidence(figures.atMs, '24h', {
          vi: `gọi ${calls.vi} lần các chức năng đã ngừng từ 00:00 ngày 01/08/2024 (1923/BHXH-CNTT); chỉ còn dùng KQNhanLichSuKCB2024.`,
          en: `called functions ${calls.en} times that stopped at 00:00 on 01/08/2024 (1923/BHXH-CNTT); only KQNhanLichSuKCB2024 is left.`,
        }),
      }
    },
  }
}
