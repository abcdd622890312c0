import type { DetectPolicy } from '../detect-policy.ts'
import { figure, periodEvidence } from '../evidence.ts'
import { windowNumber } from '../windows.ts'
import type { Figures, Rule } from './rule.ts'
import { ruleBase } from './rule-base.ts'
import { createSizeAllowance, doesRepeat } from './size-allowance.ts'
import { isUntold, monitorHeat, patientHeat } from './untold.ts'

const SPANS = [
  { window: '1h', number: windowNumber('1h') },
  { window: '24h', number: windowNumber('24h') },
] as const
/** A vaccination or health-check day is over in no fewer hours. */
const CAMP_HOURS = 6

/** More persons than the account itself has at that hour of the week. */
export function createRateRule(policy: DetectPolicy): Rule {
  const { atLeast1h, atLeast24h, campPersons, minSure } = policy.rate
  const { campNewShare, hospitalFrom } = policy.peers
  const heatOfUntold = patientHeat(policy, policy.rate.points.atLimit)
  const heatOfMonitor = monitorHeat(policy, policy.rate.points.atLimit)
  const allowanceOf = createSizeAllowance(policy)

  /** 0 where nothing is known of its past. */
  function limitIn({ window, number }: (typeof SPANS)[number], figures: Figures): number {
    const norm = figures.norm(window)
    if (norm.basis !== 'own' || norm.sure < minSure) return 0
    const camp = doesRepeat(figures, number, campNewShare) ? campPersons : 0
    if (window === '1h') return Math.max(atLeast1h, norm.allowed, camp / CAMP_HOURS)
    const monthEnd = (figures.dailyVisits ?? 0) >= hospitalFrom ? allowanceOf(window, number, figures) : 0
    return Math.max(atLeast24h, norm.allowed, camp, monthEnd)
  }

  function heatIn(span: (typeof SPANS)[number], figures: Figures): number {
    const people = figures.people(span.number)
    if (people < (span.window === '1h' ? atLeast1h : atLeast24h) * policy.score.calmShare) return 0
    const limit = limitIn(span, figures)
    if (limit === 0) return 0
    const heat = people / limit
    if (heat < 1 || !isUntold(figures, span.number)) return heat
    return span.window === '1h' ? heatOfUntold(heat) : heatOfMonitor(heatOfUntold(heat), figures)
  }

  return {
    ...ruleBase('rate', policy),
    heatOf: (figures) => Math.max(heatIn(SPANS[0], figures), heatIn(SPANS[1], figures)),
    findingOf(figures) {
      const span = heatIn(SPANS[1], figures) >= 1 ? SPANS[1] : SPANS[0]
      const [requests, subjects] = [figures.lookups(span.number), figures.subjects(span.number)]
      const [made, people] = [figure(requests), figure(figures.people(span.number))]
      const [usual, most] = [figure(figures.norm(span.window).expected), figure(limitIn(span, figures))]
      return {
        window: span.window,
        requests,
        subjects,
        evidence: periodEvidence(figures.atMs, span.window, {
          vi: `đã tra cứu ${made.vi} lượt, khoảng ${people.vi} người; vào khoảng thời gian này trong tuần tài khoản thường có ${usual.vi} người, mức cho phép là ${most.vi}.`,
          en: `made ${made.en} look-ups of about ${people.en} persons; at that time of the week it usually has ${usual.en}, up to ${most.en} are allowed.`,
        }),
      }
    },
  }
}
