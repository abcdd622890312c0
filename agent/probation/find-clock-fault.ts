import { findInstantMs } from '../../rules/time/find-instant.ts'
import type { Fault } from '../status/fault.ts'

/** The control API lets clocks differ by a minute, and a credential lives for another. */
const SLACK_MS = 120_000

/** A fault where the clock stands before an instant that had come for certain. */
export function findClockFault(nowMs: number, provenAt: string | undefined): Fault | undefined {
  const provenMs = provenAt === undefined ? undefined : findInstantMs(provenAt)
  if (provenMs === undefined || nowMs >= provenMs - SLACK_MS) return undefined
  return {
    code: 'CLOCK_BACK',
    message: `The clock of this host says ${new Date(nowMs).toISOString()}, and at ${provenAt} the control API agreed with it; what a date has switched stays switched`,
  }
}
