import { LINE_FAULTS, type LineFault } from '../../rules/requests/line-fault.ts'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'
import type { ReplayTotals } from './replay-logs.ts'

/** What a replay read and found, for a person. */
export function summaryWords(totals: ReplayTotals): string {
  const { lines, requests, faults, fromMs, toMs, accounts, evicted, late, verdicts, live, shadows, findings } = totals
  const unread = Object.entries(faults) as [LineFault, number][]
  const unreadLines = unread.reduce((sum, [, count]) => sum + count, 0)
  return [
    `lines      ${numberWords(lines)} read, ${numberWords(unreadLines)} of them not understood`,
    ...unread.map(([code, count]) => `           ${numberWords(count)} ${code}: ${LINE_FAULTS[code]}`),
    `requests   ${numberWords(requests)}${requests === 0 ? '' : `, from ${portalTimeText(fromMs)} to ${portalTimeText(toMs)}`}`,
    `accounts   ${numberWords(accounts)}${evicted === 0 ? '' : `; ${numberWords(evicted)} made room for busier ones`}${
      late === 0 ? '' : `; ${numberWords(late)} requests came too late for the shortest window`
    }`,
    `verdicts   ${actionWords(verdicts)}${live === 0 ? '' : `; ${numberWords(live)} still on at the end`}`,
    ...shadows.map(
      ({ rule, actions, accounts: meant }) =>
        `shadow     ${rule} would have given ${actionWords(actions)}, and would hold ${numberWords(meant)} at the end`,
    ),
    ...findings.map((finding) => `note       ${finding}`),
    '',
  ].join('\n')
}

/** `2 watch, 1 suspend`, or `none`. */
function actionWords(actions: Readonly<Record<string, number>>): string {
  const some = Object.entries(actions).filter(([, count]) => count > 0)
  return some.length === 0 ? 'none' : some.map(([action, count]) => `${numberWords(count)} ${action}`).join(', ')
}

/** `1,234,567`. */
export function numberWords(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}
