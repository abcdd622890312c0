import type { Clock } from '../../rules/time/clock.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { type Carrier, createCarrier } from './carrier.ts'
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
export function createTallyCarrier({ watch, client, board, clock, log }: TallyCarrierParts): Carrier {
  const sent = new Set<string>()

  async function send(offered: OfferedTally, signal: AbortSignal): Promise<void> {
    try {
      const bytes = await watch.tally(offered, signal)
      if (bytes !== undefined) await client.postBytes(`/v1/tallies?whole=${offered.isWhole}`, bytes, signal)
      sent.add(keyOf(offered))
    } catch (error) {
      // What central refuses as it is will be refused again: it is left out, and told.
      if (error instanceof ControlLinkError && error.code === 'CONTROL_REFUSED' && error.status !== 401 && error.status !== 403)
        sent.add(keyOf(offered))
      throw error
    }
    board.set({ fleet: { ...board.read().fleet, lastTallyAt: new Date(clock.nowMs()).toISOString() } })
  }

  return createCarrier({
    kind: 'tallies',
    async round(signal) {
      const offered = await watch.tallies(signal)
      const known = new Set(offered.map(keyOf))
      for (const key of sent) if (!known.has(key)) sent.delete(key)
      const fresh = offered.filter((one) => !sent.has(keyOf(one))).slice(0, MOST_AT_ONCE)
      for (const tally of fresh) await send(tally, signal)
      return fresh.length > 0 ? 'carried' : 'nothing'
    },
    retryMs: RETRY_MS,
    unknownMs: UNKNOWN_MS,
    board: { area: 'tallies', status: board },
    clock,
    log,
  })
}

function keyOf({ boot, sequence }: OfferedTally): string {
  return `${boot} ${sequence}`
}
