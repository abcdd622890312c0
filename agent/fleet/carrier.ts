import type { Clock } from '../../rules/time/clock.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { FaultArea, StatusBoard } from '../status/status-board.ts'
import { WatchLinkError } from '../verdicts/watch-link-error.ts'

/** What one round came to: something was taken or all is well, there was nothing to say, or `watch` does not know what was asked. */
export type CarrierRound = 'carried' | 'nothing' | 'unknown'

export interface CarrierParts {
  /** What is carried, as logs say it. */
  readonly kind: string
  /** Takes to central what is new at `watch`. Nothing is kept here: what a round that threw did not bring goes with a later one. */
  readonly round: (signal: AbortSignal) => Promise<CarrierRound>
  /** After a round that central did not take, unless it asks for longer. */
  readonly retryMs: number
  /** Where `watch` or central does not know of it. */
  readonly unknownMs: number
  /** Where a failure is told; without it, being late is no harm and only the log says so. */
  readonly board?: { readonly area: FaultArea; readonly status: Pick<StatusBoard, 'fault'> }
  readonly clock: Clock
  readonly log: Log
}

/** Takes one kind of news from `watch` to central. */
export interface Carrier {
  /** One round, if it is time and none is under way. Never throws. */
  carry(signal: AbortSignal): Promise<void>
}

export function createCarrier({ kind, round, retryMs, unknownMs, board, clock, log }: CarrierParts): Carrier {
  let notBeforeMs = 0
  let isCarrying = false

  function noteFailure(error: unknown): void {
    const fault = faultOf(error)
    // The stream of flags tells of a watch that is away.
    if (error instanceof WatchLinkError) {
      log.debug({ kind, ...fault }, 'watch could not be asked')
      return
    }
    const link = error instanceof ControlLinkError ? error : undefined
    if (link?.code === 'CONTROL_NOT_FOUND') {
      notBeforeMs = clock.nowMs() + unknownMs
      log.info({ kind }, 'control API does not know of it')
      return
    }
    notBeforeMs = clock.nowMs() + Math.max(link?.retryAfterMs ?? 0, retryMs)
    if (board === undefined) {
      log.debug({ kind, ...fault }, 'news could not be told')
      return
    }
    board.status.fault(board.area, fault)
    log.warn({ kind, ...fault }, 'news could not be told')
  }

  return {
    async carry(signal) {
      if (isCarrying || clock.nowMs() < notBeforeMs) return
      isCarrying = true
      try {
        const came = await round(signal)
        if (came === 'unknown') notBeforeMs = clock.nowMs() + unknownMs
        if (came === 'carried') board?.status.fault(board.area, undefined)
      } catch (error) {
        if (!signal.aborted) noteFailure(error)
      } finally {
        isCarrying = false
      }
    },
  }
}
