import type { Clock } from '../../rules/time/clock.ts'
import { MAX_USER_USES } from '../../rules/users/user-uses.ts'
import type { ControlClient } from '../control/control-client.ts'
import type { Log } from '../log/log.ts'
import { type Carrier, createCarrier } from './carrier.ts'
import type { FleetWatch } from './fleet-watch.ts'

/** Messages in one round; what is left goes with the next. */
const MOST_AT_ONCE = 50
const UNKNOWN_MS = 600_000

export interface UserUseCarrierParts {
  readonly watch: Pick<FleetWatch, 'userUses'>
  readonly client: Pick<ControlClient, 'postJson'>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Tells central on which day named users were last seen here, so that who is not seen anywhere is disabled after 45 days (1923/BHXH-CNTT). What central did not
 * take is told again with the next round: a day late is no harm.
 */
export function createUserUseCarrier({ watch, client, clock, log }: UserUseCarrierParts): Carrier {
  let since = 0
  return createCarrier({
    kind: 'last days of users',
    async round(signal) {
      for (let sent = 0; sent < MOST_AT_ONCE; sent += 1) {
        const told = await watch.userUses?.(since, signal)
        if (told === undefined) return 'unknown'
        if (told.uses.length > 0) await client.postJson('/v1/user-uses', { uses: told.uses }, signal)
        since = told.change
        if (told.uses.length < MAX_USER_USES) break
      }
      return 'carried'
    },
    retryMs: 0,
    unknownMs: UNKNOWN_MS,
    clock,
    log,
  })
}
