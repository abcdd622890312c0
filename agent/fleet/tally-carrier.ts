import type { Clock } from '../../rules/time/clock.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { WatchLinkError } from '../verdicts/watch-link-error.ts'
import type { FleetWatch, OfferedTally } from './fleet-watch.ts'

/** Tallies sent in one round; the rest waits for the next. */
const MOST_AT_ONCE = 16
/** A control API that does not know tallies is asked again after so long. */
const UNKNOWN_MS = 600_000
const RETRY_MS = 15_000

export interface TallyCarrierParts {
  readonly watch: FleetWatch
  readonly client: Pick<ControlClient, 'postBytes'>
  readonly board: StatusBoard
  readonly clock: Clock
  readonly log: Log
}

/** Takes what `watch` counted to central, oldest first. Nothing is kept here: what central did not take still waits at `watch`, and its newest win. */
export interface TallyCarrier {
  /** One round. Never throws. */
  carry(signal: AbortSignal): Promise<void>
}

export function createTallyCarrier({ watch, client, board, clock, log }: TallyCarrierParts): TallyCarrier {
  const sent = new Set<string>()
  let notBeforeMs = 0
  let isCarrying = false

  const send = async (offered: OfferedTally, signal: AbortSignal): Promise<void> => {
    const bytes = await watch.tally(offered, signal)
    if (bytes !== undefined) await client.postBytes(`/v1/tallies?whole=${offered.isWhole}`, bytes, signal)
    sent.add(keyOf(offered))
  }

  /** A tally that central refuses as it is will be refused again: it is left out, and told. */
  const noteRefusal = (error: unknown, offered: OfferedTally): void => {
    if (error instanceof ControlLinkError && error.code === 'CONTROL_NOT_FOUND') {
      notBeforeMs = clock.nowMs() + UNKNOWN_MS
      log.info({}, 'control API takes no tallies')
      return
    }
    const fault = faultOf(error)
    if (error instanceof ControlLinkError && error.code === 'CONTROL_REFUSED' && error.status !== 401 && error.status !== 403)
      sent.add(keyOf(offered))
    const askedMs = error instanceof ControlLinkError ? error.retryAfterMs : 0
    notBeforeMs = clock.nowMs() + Math.max(askedMs, RETRY_MS)
    board.fault('tallies', fault)
    log.warn({ ...fault, bytes: offered.bytes }, 'tally could not be sent')
  }

  const carryNow = async (signal: AbortSignal): Promise<void> => {
    const offered = await watch.tallies(signal)
    const known = new Set(offered.map(keyOf))
    for (const key of sent) if (!known.has(key)) sent.delete(key)
    for (const tally of offered.filter((one) => !sent.has(keyOf(one))).slice(0, MOST_AT_ONCE)) {
      try {
        await send(tally, signal)
      } catch (error) {
        if (error instanceof WatchLinkError) throw error
        if (!signal.aborted) noteRefusal(error, tally)
        return
      }
      board.fault('tallies', undefined)
      board.set({ fleet: { ...board.read().fleet, lastTallyAt: new Date(clock.nowMs()).toISOString() } })
    }
  }

  return {
    async carry(signal) {
      if (isCarrying || clock.nowMs() < notBeforeMs) return
      isCarrying = true
      try {
        await carryNow(signal)
      } catch (error) {
        // The stream of flags tells of a watch that is away.
        log.debug(faultOf(error), 'watch could not be asked for tallies')
      } finally {
        isCarrying = false
      }
    },
  }
}

function keyOf({ boot, sequence }: OfferedTally): string {
  return `${boot} ${sequence}`
}
