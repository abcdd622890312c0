import type { DetectPolicy } from '../detect-policy.ts'
import { figure, percent, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Figures, Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'

const HOUR = windowNumber('1h')

/**
 * Answers that hit nobody. Wrong cards, names and birth dates in bulk are guessing; wrong officers are a stolen account that tries
 * names. An honest large hospital misses 3.3 % of the time.
 */
export function createMissesRule(policy: DetectPolicy): Rule {
  const { share, atLeast1h, officers1h } = policy.misses

  function guessing(figures: Figures): number {
    const misses = figures.events('misses', '1h')
    if (misses < atLeast1h) return 0
    return misses / Math.max(1, figures.lookups(HOUR)) / share
  }

  return {
    ...ruleBase('misses', policy),
    heatOf: (figures) => Math.max(guessing(figures), figures.events('officerMisses', '1h') / officers1h),
    eventFloors: [
      { kind: 'misses', window: '1h', count: atLeast1h },
      { kind: 'officerMisses', window: '1h', count: policy.score.calmShare * officers1h },
    ],
    findingOf(figures) {
      const [requests, subjects] = [figures.lookups(HOUR), figures.subjects(HOUR)]
      const made = figure(requests)
      const isGuessing = guessing(figures) >= 1
      const missed = figure(figures.events(isGuessing ? 'misses' : 'officerMisses', '1h'))
      const part = percent(figures.events('misses', '1h') / Math.max(1, requests))
      return {
        window: '1h',
        requests,
        subjects,
        evidence: periodEvidence(
          figures.atMs,
          '1h',
          isGuessing
            ? {
                vi: `đã tra cứu ${made.vi} lượt, trong đó ${missed.vi} lượt (${part}) sai mã thẻ, họ tên hoặc ngày sinh; tỷ lệ thông thường khoảng 3 %.`,
                en: `made ${made.en} look-ups; ${missed.en} of them (${part}) had a wrong card, name or birth date, where about 3 % is usual.`,
              }
            : {
                vi: `có ${missed.vi} lượt bị trả lời cán bộ tra cứu chưa đăng ký hoặc sai họ tên (mã 054, 055).`,
                en: `was answered ${missed.en} times that the officer is not registered or wrongly named (codes 054, 055).`,
              },
        ),
      }
    },
  }
}
