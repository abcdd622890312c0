import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { SIZE_CLASSES, sizeClassOf } from '../norms/size-class.ts'
import { windowNumber } from '../windows.ts'
import type { Figures, Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'
import { createSizeAllowance } from './size-allowance.ts'

const SPANS = [
  { window: '1h', number: windowNumber('1h') },
  { window: '24h', number: windowNumber('24h') },
] as const

/**
 * More persons than a facility of its size has, mass vaccination and health-check days included: for accounts without a past, and
 * stations so small that no other limit is ever reached. Facilities that are not registered with their visits are not judged.
 */
export function createPeersRule(policy: DetectPolicy): Rule {
  const { atLeast1h, atLeast24h } = policy.peers
  const belowSuspension = (policy.score.suspendAt - 1) / policy.peers.points.atLimit
  const allowanceOf = createSizeAllowance(policy)

  function limitIn({ window, number }: (typeof SPANS)[number], figures: Figures): number {
    const allowance = allowanceOf(window, number, figures)
    // Who has had more for long is not small, whatever the registration says.
    const norm = figures.norm(window)
    return norm.basis === 'own' && norm.sure >= policy.rate.minSure ? Math.max(allowance, norm.allowed) : allowance
  }

  function heatIn(span: (typeof SPANS)[number], figures: Figures): number {
    if (figures.dailyVisits === undefined) return 0
    const people = figures.people(span.number)
    if (people < (span.window === '1h' ? atLeast1h : atLeast24h) * policy.score.calmShare) return 0
    const heat = people / limitIn(span, figures)
    // A monitor that asks for one card all day looks like many persons in a log that tells none: it is slowed down, never suspended.
    return figures.subjects(span.number) * 2 < people ? Math.min(heat, belowSuspension) : heat
  }

  return {
    ...ruleBase('peers', policy),
    heatOf: (figures) => Math.max(heatIn(SPANS[0], figures), heatIn(SPANS[1], figures)),
    findingOf(figures) {
      const span = heatIn(SPANS[1], figures) >= 1 ? SPANS[1] : SPANS[0]
      const visits = figures.dailyVisits ?? 0
      const [requests, subjects] = [figures.lookups(span.number), figures.subjects(span.number)]
      const [made, people] = [figure(requests), figure(figures.people(span.number))]
      const [size, most] = [figure(visits), figure(limitIn(span, figures))]
      const kind = SIZE_CLASSES[sizeClassOf(visits)]
      return {
        window: span.window,
        requests,
        subjects,
        evidence: periodEvidence(figures.atMs, span.window, {
          vi: `đã tra cứu ${made.vi} lượt, khoảng ${people.vi} người; cơ sở đăng ký ${size.vi} lượt khám mỗi ngày (quy mô ${kind?.vi ?? ''}), mức cao nhất của cơ sở cùng quy mô là ${most.vi} người.`,
          en: `made ${made.en} look-ups of about ${people.en} persons; the facility has ${size.en} registered visits a day (the size of a ${kind?.en ?? ''}), the most for its size is ${most.en} persons.`,
        }),
      }
    },
  }
}
