import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import type { InStepReason } from '../in-step/in-step-group.ts'
import { windowNumber } from '../windows.ts'
import type { Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const HOUR = windowNumber('1h')

const REASONS: Readonly<Record<InStepReason, { readonly vi: string; readonly en: string }>> = {
  source: { vi: 'dùng chung một địa chỉ không đăng ký', en: 'the same unregistered address' },
  blocks: { vi: 'dò các dải số nối tiếp nhau', en: 'the same ranges of numbers' },
  rhythm: { vi: 'cùng một nhịp tra cứu', en: 'the same rhythm' },
}

/** One operator with many accounts, each of them below every other limit. */
export function createStepRule(policy: DetectPolicy): Rule {
  const { minExcess } = policy.step
  return {
    ...ruleBase('step', policy),
    heatOf: ({ group }) => (group === undefined ? 0 : (group.excess * group.weight) / minExcess),
    findingOf(figures) {
      const group = figures.group
      if (group === undefined) throw new RangeError('Cannot give evidence: the account is in no group')
      const [accounts, persons, excess] = [figure(group.slots.length), figure(group.persons), figure(group.excess)]
      const [reason, minutes] = [REASONS[group.reason], group.spanMinutes]
      return {
        window: '1h',
        requests: figures.lookups(HOUR),
        subjects: figures.subjects(HOUR),
        evidence: periodEvidence(figures.atMs, '1h', {
          vi: `hoạt động cùng với ${accounts.vi} tài khoản như do một người điều khiển (${reason.vi}); trong ${minutes} phút cuối cả nhóm tra cứu khoảng ${persons.vi} người, vượt mức thường lệ ${excess.vi} người.`,
          en: `acted as one of ${accounts.en} accounts that one hand seems to drive (${reason.en}); in the last ${minutes} minutes they looked up about ${persons.en} persons together, ${excess.en} more than usual.`,
        }),
      }
    },
  }
}
