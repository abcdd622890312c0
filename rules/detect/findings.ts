import { DETECT_FINDINGS, type DetectFinding } from './detector.ts'
import type { Judge } from './judge.ts'

/** Requests too late for the shortest window, as a share of all, from which the clocks are said to disagree. */
const LATE_SHARE = 0.02
const LATE_AT_LEAST = 200

/** What those who run the detection should know at `nowMs`. */
export function findingsOf(
  judge: Judge,
  nowMs: number,
  { requests, late }: { readonly requests: number; readonly late: number },
): readonly DetectFinding[] {
  const caps = judge.bites(nowMs).map(({ rule, province, accounts }): DetectFinding => {
    const where = province === undefined ? 'all provinces together' : `province ${province === '' ? 'unknown' : province}`
    return {
      code: 'ACTION_CAP',
      message: `${DETECT_FINDINGS.ACTION_CAP}: rule ${rule}, the cap of ${where}, ${accounts.size} accounts`,
    }
  })
  const ended = judge.exemptions.ended(nowMs).map(({ facility, province, until }): DetectFinding => {
    const whom =
      facility === undefined ? (province === undefined ? 'of an account' : `of province ${province}`) : `of facility ${facility}`
    return { code: 'EXEMPTION_ENDED', message: `${DETECT_FINDINGS.EXEMPTION_ENDED}: ${whom}, until ${until}` }
  })
  const isSkewed = late >= LATE_AT_LEAST && late / requests >= LATE_SHARE
  const clocks: DetectFinding[] = isSkewed
    ? [{ code: 'CLOCKS_DISAGREE', message: `${DETECT_FINDINGS.CLOCKS_DISAGREE}: ${late} of ${requests}` }]
    : []
  return [...caps, ...ended, ...clocks]
}
