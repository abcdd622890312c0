import { MAX_GRANT_USES } from '../../rules/grants/grant-uses.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlClient } from '../control/control-client.ts'
import type { Log } from '../log/log.ts'
import type { StatusBoard } from '../status/status-board.ts'
import { type Carrier, createCarrier } from './carrier.ts'
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
export function createUseCarrier({ watch, client, board, clock, log }: UseCarrierParts): Carrier {
  let since = 0
  return createCarrier({
    kind: 'uses of grants',
    async round(signal) {
      const told = await watch.grantUses?.(since, signal)
      if (told === undefined) return 'unknown'
      for (let from = 0; from < told.uses.length; from += MAX_GRANT_USES) {
        const uses = told.uses.slice(from, from + MAX_GRANT_USES)
        await client.postJson('/v1/grant-uses', { sentAt: Math.floor(clock.nowMs() / 1000), uses }, signal)
      }
      since = told.change
      return 'carried'
    },
    retryMs: RETRY_MS,
    unknownMs: UNKNOWN_MS,
    board: { area: 'uses', status: board },
    clock,
    log,
  })
}
