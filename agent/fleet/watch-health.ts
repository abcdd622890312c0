import type { Log } from '../log/log.ts'
import { type Fault, faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { every, type Timers } from '../time/timers.ts'
import type { FleetWatch } from './fleet-watch.ts'

/** How often `watch` is asked for its faults. */
const ASK_MS = 10_000
/** The whole answer is there by then: one that comes drop by drop holds nobody up. */
const ANSWER_MS = 5000
/** Questions without an answer one behind another before that is a fault: a restart is none. */
const MOST_UNANSWERED = 3

export interface WatchHealthParts {
  readonly watch: Pick<FleetWatch, 'faults'>
  readonly board: Pick<StatusBoard, 'fault' | 'watchFaults'>
  readonly timers: Timers
  readonly log: Log
}

/**
 * Shows the faults of `watch` and its gate beside the agent's own, and a `watch` that does not answer as a fault (`WATCH_AWAY`), until disposed. The status itself asks nobody.
 */
export function keepWatchHealth({ watch, board, timers, log }: WatchHealthParts, signal: AbortSignal): Disposable {
  let isAsking = false
  let unanswered = 0

  function noteFailure(fault: Fault): void {
    unanswered += 1
    if (unanswered < MOST_UNANSWERED) return
    if (unanswered === MOST_UNANSWERED) log.warn(fault, 'watch does not answer')
    board.fault('watch', fault)
    // What it said last may be over.
    board.watchFaults([])
  }

  async function ask(): Promise<void> {
    if (isAsking || signal.aborted || watch.faults === undefined) return
    isAsking = true
    const giveUp = new AbortController()
    const limit = timers.after(ANSWER_MS, () => giveUp.abort())
    try {
      const faults = await watch.faults(AbortSignal.any([signal, giveUp.signal]))
      if (unanswered >= MOST_UNANSWERED) log.info({}, 'watch answers again')
      unanswered = 0
      board.fault('watch', undefined)
      board.watchFaults(faults)
    } catch (error) {
      const isLate = giveUp.signal.aborted && !signal.aborted
      if (!signal.aborted) noteFailure(isLate ? LATE : faultOf(error))
    } finally {
      limit[Symbol.dispose]()
      isAsking = false
    }
  }

  void ask()
  return every(timers, ASK_MS, () => void ask())
}

const LATE: Fault = { code: 'WATCH_AWAY', message: `Cannot ask watch for its faults: no whole answer in ${ANSWER_MS / 1000} s` }
