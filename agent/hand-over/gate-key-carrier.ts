import { Value } from 'typebox/value'
import { findGateKeys, formatGateKeys, GateKeyAnswer, type GateKeys, gateKeyId } from '../../rules/gate/gate-keys.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlClient } from '../control/control-client.ts'
import { ControlLinkError } from '../control/control-link-error.ts'
import type { Log } from '../log/log.ts'
import { faultOf } from '../status/fault.ts'
import type { StatusBoard } from '../status/status-board.ts'
import type { HandOver } from './hand-over.ts'

/** A rotation is told by the users document; this is the floor. */
const LOOK_MS = 3_600_000
/** After a failure, and for a key that the users document names and central does not give. */
const AGAIN_MS = 60_000
const MAX_ANSWER_BYTES = 1000

export interface GateKeyCarrierParts {
  readonly handOver: HandOver
  readonly board: StatusBoard
  readonly clock: Clock
  readonly log: Log
}

/** Brings the keys of the gate's tokens to `watch`. They are no target: mirrors serve those. */
export interface GateKeyCarrier {
  /** Asks for the keys where it is time, or where one of `wanted` (`gateKeyId`) is not there. Never throws, and says nothing of a key but its id. */
  carry(client: Pick<ControlClient, 'fetchBytes'>, wanted: readonly string[], signal: AbortSignal): Promise<void>
}

export function createGateKeyCarrier({ handOver, board, clock, log }: GateKeyCarrierParts): GateKeyCarrier {
  let askAfterMs = 0
  let again = 0

  const carryNow = async (client: Pick<ControlClient, 'fetchBytes'>, there: string, signal: AbortSignal): Promise<void> => {
    const keys = parseAnswer(await client.fetchBytes('/v1/agents/gate-key', MAX_ANSWER_BYTES, signal))
    askAfterMs = clock.nowMs() + LOOK_MS
    const text = formatGateKeys(keys)
    if (text === there) return
    await handOver.put('gate.key', [text])
    log.info({ keys: keys.map(gateKeyId) }, 'keys of the gate were handed over')
  }

  return {
    async carry(client, wanted, signal) {
      if (!(await handOver.isThere())) return
      try {
        const there = (await handOver.find('gate.key'))?.toString('latin1') ?? ''
        const ids = findGateKeys(there)?.map(gateKeyId) ?? []
        const isLacking = ids.length === 0 || wanted.some((id) => !ids.includes(id))
        const nowMs = clock.nowMs()
        if (nowMs < (isLacking ? again : askAfterMs)) return
        again = nowMs + AGAIN_MS
        askAfterMs = nowMs + AGAIN_MS
        await carryNow(client, there, signal)
        board.fault('gate-key', undefined)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof ControlLinkError && error.code === 'CONTROL_NOT_FOUND') {
          log.info({}, 'control API knows no keys of a gate')
          return
        }
        board.fault('gate-key', faultOf(error))
        log.warn(faultOf(error), 'keys of the gate could not be fetched or handed over')
      }
    },
  }
}

/** @throws ControlLinkError CONTROL_ANSWER */
function parseAnswer(bytes: Uint8Array): GateKeys {
  const answer = parseJson(Buffer.from(bytes).toString('utf8'))
  const keys = Value.Check(GateKeyAnswer, answer) ? findGateKeys(answer.keys.map((key) => `${key}\n`).join('')) : undefined
  if (keys !== undefined) return keys
  throw new ControlLinkError('CONTROL_ANSWER', 'Cannot take the keys of the gate: the answer is not of the agreed form')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Told as an answer of another form.
  }
}
