import { MAX_GRANT_USES } from '../../rules/grants/grant-uses.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { WatchLinkError } from '../verdicts/watch-link-error.ts'
import type { FleetWatch } from './fleet-watch.ts'

/** A watch without a gate, and a control API that does not know of grants, are asked again after so long. */
const UNKNOWN_MS = 60_000
const RETRY_MS = 5000

export interface UseCarrierParts {
  readonly watch: Pick<FleetWatch, 'grantUses'>
  readonly client: Pick<ControlClient, 'postJson'>
  readonly board: StatusBoard
  readonly clock: Clock
  readonly log: Log
}

/** Tells central which OTP grants were used at this edge, so that they go on at all others. What central did not take is told again. */
export interface UseCarrier {
  /** One round. Never throws. */
  carry(signal: AbortSignal): Promise<void>
}

export function createUseCarrier({ watch, client, board, clock, log }: UseCarrierParts): UseCarrier {
  let since = 0
  let notBeforeMs = 0
  let isCarrying = false

  const carryNow = async (signal: AbortSignal): Promise<void> => {
    const told = await watch.grantUses?.(since, signal)
    if (told === undefined) {
      notBeforeMs = clock.nowMs() + UNKNOWN_MS
      return
    }
    for (let from = 0; from < told.uses.length; from += MAX_GRANT_USES) {
      const uses = told.uses.slice(from, from + MAX_GRANT_USES)
      await client.postJson('/v1/grant-uses', { sentAt: Math.floor(clock.nowMs() / 1000), uses }, signal)
    }
    since = told.change
    board.fault('uses', undefined)
  }

  const noteFailure = (error: unknown): void => {
    if (error instanceof ControlLinkError && error.code === 'CONTROL_NOT_FOUND') {
      notBeforeMs = clock.nowMs() + UNKNOWN_MS
      return
    }
    const fault = faultOf(error)
    notBeforeMs = clock.nowMs() + Math.max(error instanceof ControlLinkError ? error.retryAfterMs : 0, RETRY_MS)
    // The stream of flags tells of a watch that is away.
    if (!(error instanceof WatchLinkError)) board.fault('uses', fault)
    log.debug(fault, 'uses of grants could not be told')
  }

  return {
    async carry(signal) {
      if (isCarrying || clock.nowMs() < notBeforeMs) return
      isCarrying = true
      try {
        await carryNow(signal)
      } catch (error) {
        if (!signal.aborted) noteFailure(error)
      } finally {
        isCarrying = false
      }
    },
  }
}
