import type { UserUses } from '../../rules/users/user-uses.ts'
import { MAX_USER_USES } from '../../rules/users/user-uses.ts'
import type { ControlClient } from '../control/control-client.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'

/** Messages in one round; what is left goes with the next. */
const MOST_AT_ONCE = 50

export interface UserUseCarrierParts {
  /** Days that became later since a change; `undefined` where there is no gate. */
  readonly usesSince: (since: number, signal: AbortSignal) => Promise<{ change: number; uses: UserUses['uses'] } | undefined>
  readonly client: Pick<ControlClient, 'postJson'>
  readonly log: Log
}

/** Tells central on which day named users were last seen here, so that who is not seen anywhere is disabled after 45 days (1923/BHXH-CNTT). */
export interface UserUseCarrier {
  /** One round; what central did not take is told again in the next. Never throws. */
  carry(signal: AbortSignal): Promise<void>
}

export function createUserUseCarrier({ usesSince, client, log }: UserUseCarrierParts): UserUseCarrier {
  let since = 0
  let isCarrying = false
  return {
    async carry(signal) {
      if (isCarrying) return
      isCarrying = true
      try {
        for (let sent = 0; sent < MOST_AT_ONCE; sent += 1) {
          const told = await usesSince(since, signal)
          if (told === undefined) return
          if (told.uses.length > 0) await client.postJson('/v1/user-uses', { uses: told.uses }, signal)
          since = told.change
          if (told.uses.length < MAX_USER_USES) return
        }
      } catch (error) {
        // A day late is no harm: it is 45 of them that count.
        if (!signal.aborted) log.debug(faultOf(error), 'last days of users could not be told')
      } finally {
        isCarrying = false
      }
    },
  }
}
