import { MAX_REHEARSAL_COUNTS, type RehearsalCounts } from '../../rules/rehearsal/rehearsal-counts.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import { type Carrier, createCarrier } from './carrier.ts'
import type { FleetWatch } from './fleet-watch.ts'

/** Messages in one round; what is left goes with the next. */
const MOST_AT_ONCE = 20
/** A watch without a gate, and a control API that does not know of rehearsals, are asked again after so long. */
const UNKNOWN_MS = 3_600_000

export interface RehearsalCarrierParts {
  readonly watch: Pick<FleetWatch, 'rehearsalCounts'>
  readonly client: Pick<ControlClient, 'postJson'>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Tells central what each rule of the account policy refused or would have refused here, so that facilities can be told before a date bites. Counts are sums of a day: what central did
 * not take, or took twice, is put right by the next.
 */
export function createRehearsalCarrier({ watch, client, clock, log }: RehearsalCarrierParts): Carrier {
  let [boot, since] = ['0'.repeat(16), 0]
  /** What was said of the edge itself last: it goes even where nothing was counted, once. */
  let saidOfEdge = ''

  /** What central refuses as it is will be refused again: it is left out, and told. */
  const post = async (message: RehearsalCounts, signal: AbortSignal): Promise<void> => {
    try {
      await client.postJson('/v1/rehearsal-counts', message, signal)
    } catch (error) {
      const isRefused = error instanceof ControlLinkError && error.code === 'CONTROL_REFUSED'
      if (!isRefused || error.status === 401 || error.status === 403) throw error
      log.warn({ ...faultOf(error), counts: message.counts.length }, 'rehearsal was refused')
    }
  }

  const carryOne = async (signal: AbortSignal): Promise<'unknown' | 'more' | 'done'> => {
    const told = await watch.rehearsalCounts?.(boot, since, signal)
    if (told === undefined) return 'unknown'
    const { boot: toldBoot, change, counts, ...edge } = told
    const ofEdge = JSON.stringify(edge)
    for (let from = 0; from === 0 || from < counts.length; from += MAX_REHEARSAL_COUNTS) {
      const message: RehearsalCounts = { ...edge, counts: counts.slice(from, from + MAX_REHEARSAL_COUNTS) }
      if (message.counts.length > 0 || ofEdge !== saidOfEdge) await post(message, signal)
    }
    ;[boot, since, saidOfEdge] = [toldBoot, change, ofEdge]
    return counts.length >= MAX_REHEARSAL_COUNTS ? 'more' : 'done'
  }

  return createCarrier({
    kind: 'rehearsal',
    async round(signal) {
      for (let sent = 0; sent < MOST_AT_ONCE; sent += 1) {
        const came = await carryOne(signal)
        if (came !== 'more') return came === 'unknown' ? 'unknown' : 'carried'
      }
      return 'carried'
    },
    retryMs: 0,
    unknownMs: UNKNOWN_MS,
    clock,
    log,
  })
}
