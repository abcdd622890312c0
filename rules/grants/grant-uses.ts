import { type Static, Type } from 'typebox'
import { type Grant, isLive, withUse } from './grant-life.ts'

/** Uses in one message; what is left goes with the next. */
export const MAX_GRANT_USES = 10_000

/** What an edge tells central of look-ups under grants: body of `POST /v1/grant-uses`. Instants in whole seconds since 1970 (UTC) by the clock of the edge. */
export const GrantUses = Type.Object(
  {
    sentAt: Type.Integer({ minimum: 0, maximum: 2 ** 40, description: 'when it is sent: tells how far the clocks differ' }),
    uses: Type.Array(
      Type.Object(
        {
          token: Type.String({ pattern: '^[a-p]{16}$' }),
          usedAt: Type.Integer({ minimum: 0, maximum: 2 ** 40, description: 'second of the last look-up' }),
        },
        { additionalProperties: false },
      ),
      { maxItems: MAX_GRANT_USES },
    ),
  },
  { additionalProperties: false },
)
export type GrantUses = Static<typeof GrantUses>

/** What became of a use at central. `late` renews nothing, because a later one was known or the grant is another one. */
export type UseFate = 'renewed' | 'late' | 'future' | 'over'

export interface JudgedUse {
  readonly fate: UseFate
  readonly grant: Grant
}

/** A second that an edge told is read as its start, and clocks of one fleet differ by less than this. */
const NEAR_MS = 2000

/**
 * Takes a use at central: max(last use). `offsetMs` is what the clock of central shows more than the edge's. A use that lies in the future after that is
 * none, or an edge whose clock runs ahead would keep a grant alive at all others; one within two seconds is one of now.
 */
export function judgeUse(grant: Grant, usedAtMs: number, { nowMs, offsetMs }: { nowMs: number; offsetMs: number }): JudgedUse {
  const atMs = usedAtMs + offsetMs
  if (atMs > nowMs + NEAR_MS) return { fate: 'future', grant }
  // What an edge let pass was live there; here it may look lapsed, because the uses before it are still on their way.
  if (atMs >= grant.endsAtMs) return { fate: 'over', grant }
  const renewed = withUse(grant, Math.min(atMs, nowMs))
  return { fate: renewed === grant ? 'late' : 'renewed', grant: renewed }
}

/** Whether a look-up at `nowMs` is allowed by what is known; the grant it leaves behind, renewed. */
export function useGrant(grant: Grant, nowMs: number): { readonly isAllowed: boolean; readonly grant: Grant } {
  return isLive(grant, nowMs) ? { isAllowed: true, grant: withUse(grant, nowMs) } : { isAllowed: false, grant }
}
