import { MAX_REHEARSAL_COUNTS, type RehearsalCounts, type ToldRehearsal } from '../../rules/rehearsal/rehearsal-counts.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'

/** Messages in one round; what is left goes with the next. */
const MOST_AT_ONCE = 20
/** A control API that does not know them is asked again after so long. */
const UNKNOWN_MS = 3_600_000

export interface RehearsalCarrierParts {
  /** Counts after a change of one start of `watch`; `undefined` where there is no gate, or nothing of it leaves this edge. */
  readonly countsSince: (boot: string, since: number, signal: AbortSignal) => Promise<ToldRehearsal | undefined>
  readonly client: Pick<ControlClient, 'postJson'>
  readonly clock: Clock
  readonly log: Log
}

/**
 * Tells central what each rule of the account policy refused or would have refused here, so that facilities can be told before a date bites. Counts are sums of a day: what central did
 * not take, or took twice, is put right by the next.
 */
export interface RehearsalCarrier {
  /** One round. Never throws. */
  carry(signal: AbortSignal): Promise<void>
}

export function createRehearsalCarrier({ countsSince, client, clock, log }: RehearsalCarrierParts): RehearsalCarrier {
  let [boot, since] = ['0'.repeat(16), 0]
  /** What was said of the edge itself last: it goes even where nothing was counted, once. */
  let saidOfEdge = ''
  let notBeforeMs = 0
  let isCarrying = false

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

  const carryOne = async (signal: AbortSignal): Promise<'more' | 'done'> => {
    const told = await countsSince(boot, since, signal)
    if (told === undefined) return 'done'
    const { boot: toldBoot, change, counts, ...edge } = told
    const ofEdge = JSON.stringify(edge)
    for (let from = 0; from === 0 || from < counts.length; from += MAX_REHEARSAL_COUNTS) {
      const message: RehearsalCounts = { ...edge, counts: counts.slice(from, from + MAX_REHEARSAL_COUNTS) }
      if (message.counts.length > 0 || ofEdge !== saidOfEdge) await post(message, signal)
    }
    ;[boot, since, saidOfEdge] = [toldBoot, change, ofEdge]
    return counts.length >= MAX_REHEARSAL_COUNTS ? 'more' : 'done'
  }

  return {
    async carry(signal) {
      if (isCarrying || clock.nowMs() < notBeforeMs) return
      isCarrying = true
      try {
        for (let sent = 0; sent < MOST_AT_ONCE; sent += 1) if ((await carryOne(signal)) === 'done') return
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof ControlLinkError) {
          const isUnknown = error.code === 'CONTROL_NOT_FOUND'
          notBeforeMs = clock.nowMs() + (isUnknown ? UNKNOWN_MS : error.retryAfterMs)
        }
        log.debug(faultOf(error), 'rehearsal could not be told')
      } finally {
        isCarrying = false
      }
    },
  }
}
