import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { SIZE_CLASSES, sizeClassOf } from '../norms/size-class.ts'
import { windowNumber } from '../windows.ts'
import type { Figures, Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'
import { createSizeAllowance } from './size-allowance.ts'
import { isEven, isUntold, monitorHeat, patientHeat } from './untold.ts'

const SPANS = [
  { window: '1h', number: windowNumber('1h') },
  { window: '24h', number: windowNumber('24h') },
] as const
/** An account that was busier at once had so many times as many persons as ever before. */
const BUSIER = 2

/**
 * More persons than a facility of its size has, mass vaccination and health-check days included: for accounts without a past, and
 * stations so small that no other limit is ever reached. Facilities that are not registered with their visits are not judged.
 */
export function createPeersRule(policy: DetectPolicy): Rule {
  const { atLeast1h, atLeast24h, points, untoldFrom, untoldUnknownFrom } = policy.peers
  const heatOfUntold = patientHeat(policy, points.atLimit)
  const heatOfMonitor = monitorHeat(policy, points.atLimit)
  const suspending = policy.score.suspendAt / points.atLimit
  const belowSuspension = (policy.score.suspendAt - 1) / points.atLimit
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
    if (heat < 1 || !isUntold(figures, span.number)) return heat
    const untold = heatOfUntold(untoldHeat(heat, people, span, figures))
    return span.window === '1h' ? untold : heatOfMonitor(untold, figures)
  }

  /**
   * Where nobody is told, nothing else would suspend a new account. Honest days of a facility of the size stay below 1.3 times its limit, its first days after Tết
   * among them; but its registration may be wrong. So it must also have become busier at once, or be far beyond any such mistake.
   */
  function untoldHeat(heat: number, people: number, { window }: (typeof SPANS)[number], figures: Figures): number {
    // A monitor that asks for one card round the clock looks like many persons too, but no hour of its day is busier than the others.
    if (heat < untoldFrom || isEven(figures)) return Math.min(heat, belowSuspension)
    const former = figures.mostBefore(window)
    const isHarvest = former === 0 ? window === '1h' && heat >= untoldUnknownFrom : people >= BUSIER * former
    return isHarvest ? Math.max(heat, suspending) : Math.min(heat, belowSuspension)
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
