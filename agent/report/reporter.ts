import type { AgentReport } from '../../rules/reports/agent-report.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { Timers } from '../time/timers.ts'

const RETRY_BASE_MS = 5000
const RETRY_MAX_MS = 300_000

export interface ReporterParts {
  readonly client: ControlClient
  readonly board: StatusBoard
  readonly log: Log
  readonly timers: Timers
  /** 0 ≤ number < 1. */
  readonly random: () => number
  readonly signal: AbortSignal
  /** Told of each report that central took: it refuses what was signed by a clock that is minutes off. Never rejects. */
  readonly onTaken?: () => Promise<void>
}

/** Sends reports, one at a time. The queue holds one: a newer report says all that an older one did. */
export interface Reporter extends Disposable {
  submit(report: AgentReport): void
  /** Ends once nothing is being sent. */
  idle(): Promise<void>
}

export function createReporter({ client, board, log, timers, random, signal, onTaken }: ReporterParts): Reporter {
  let waiting: AgentReport | undefined
  let sending: Promise<void> | undefined
  let failures = 0
  let pause: Disposable | undefined

  const fail = (error: unknown, report: AgentReport): void => {
    const fault = faultOf(error)
    const askedMs = error instanceof ControlLinkError ? error.retryAfterMs : 0
    const delayMs = askedMs + Math.round(random() * Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** Math.min(failures, 10)))
    failures += 1
    waiting ??= report
    board.fault('report', fault)
    log.warn({ ...fault, delayMs }, 'report could not be sent')
    pause = timers.after(delayMs, () => {
      pause = undefined
      start()
    })
  }

  const sendAll = async (): Promise<void> => {
    while (waiting !== undefined && pause === undefined && !signal.aborted) {
      const report = waiting
      waiting = undefined
      try {
        await client.postJson('/v1/reports', report, signal)
        failures = 0
        board.fault('report', undefined)
        // What follows from it is kept before anyone reads that the report was taken.
        await onTaken?.()
        board.set({ lastReportAt: report.at })
      } catch (error) {
        if (!signal.aborted) fail(error, report)
      }
    }
    sending = undefined
  }

  const start = (): void => {
    if (pause === undefined && waiting !== undefined && !signal.aborted) sending ??= sendAll()
  }

  return {
    submit(report) {
      waiting = report
      start()
    },
    idle: async () => sending,
    [Symbol.dispose]() {
      waiting = undefined
      pause?.[Symbol.dispose]()
    },
  }
}
