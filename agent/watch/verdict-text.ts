import type { Verdict } from '../../rules/detect/detector.ts'
import { portalTimeText } from '../../rules/requests/portal-time-text.ts'

/** The public form of a verdict, one line of JSON: these keys, in this order. */
export function verdictJson({ atMs, account, rule, action, requests, subjects, evidence }: Verdict): string {
  return JSON.stringify({ at: portalTimeText(atMs), account, rule, action, requests, subjects, evidence })
}

/** The same for a person, in both languages. */
export function verdictWords({ atMs, account, rule, action, evidence }: Verdict): string {
  return `${portalTimeText(atMs)}  ${action}  ${account}  (${rule})\n    ${evidence.vi}\n    ${evidence.en}`
}
