import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../rules/time/clock.ts'
import type { Pace } from './pace.ts'
import { createSlots } from './slots.ts'
import { openSmppSession, type SmppOptions, type SmppSession } from './smpp-session.ts'
import { SmsError, type SmsErrorCode } from './sms-errors.ts'
import type { Sms, SmsOutcome, SmsSender, TakeReceipt } from './sms-sender.ts'
import { smsParts } from './sms-text.ts'
import { submitFault } from './submit-outcome.ts'

export interface SmppSenderOptions extends SmppOptions {
  readonly sourceAddress: string
  readonly sourceTon: number
  readonly sourceNpi: number
  /** Messages under way without an answer. */
  readonly window: number
  /** First pause before it is connected again; doubles up to a minute. */
  readonly reconnectMs: number
}

export interface SmppSenderParts {
  readonly options: SmppSenderOptions
  readonly hasAccents: boolean
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly takeReceipt: TakeReceipt
  readonly randomBytes: (size: number) => Uint8Array
  /** How fast it may go, and how it waits. */
  readonly pace: Pace
}

const MAX_PAUSE_MS = 60_000
const MAX_THROTTLE_MS = 30_000
const NAME = 'smpp'
/** International number, ISDN numbering plan. SMPP 3.4 §5.2.5, §5.2.6 */
const INTERNATIONAL = 1
const ISDN = 1
const RECEIPT_WANTED = 1
const UDH = 0x40

/** Sends by SMPP 3.4. It stays bound from its start on, and binds again with a growing pause whenever the session ends. */
export function createSmppSender(parts: SmppSenderParts): SmsSender {
  const { options, clock, log } = parts
  const stop = new AbortController()
  const slots = createSlots(options.window)
  let session: SmppSession | undefined
  let sinceMs = clock.nowMs()
  let fault: { code: SmsErrorCode; words: string } | undefined = { code: 'NOT_BOUND', words: 'not connected yet' }
  /** Answers in a row that said: slower. */
  let throttles = 0
  let reference = parts.randomBytes(1)[0] ?? 0

  const turn = (next: SmppSession | undefined, error: SmsError | undefined): void => {
    if ((session === undefined) !== (next === undefined)) sinceMs = clock.nowMs()
    session = next
    fault = error === undefined ? undefined : { code: error.code, words: error.message }
  }

  const stayBound = async (): Promise<void> => {
    for (let failures = 0; !stop.signal.aborted; failures++) {
      try {
        const opened = await openSmppSession(options, (receipt) => parts.takeReceipt(NAME, receipt))
        if (stop.signal.aborted) {
          opened[Symbol.dispose]()
          return
        }
        turn(opened, undefined)
        failures = 0
        log.info({ sender: NAME }, 'bound to the message centre')
        turn(undefined, await opened.ended)
      } catch (error) {
        turn(undefined, error instanceof SmsError ? error : new SmsError('CONNECT_FAILED', String(error), { cause: error }))
      }
      if (stop.signal.aborted) return
      log.warn({ sender: NAME, code: fault?.code, words: fault?.words }, 'not bound to the message centre')
      // Half of the pause by chance, so that many clients do not come back at the same moment.
      const pauseMs = Math.min(options.reconnectMs * 2 ** Math.min(failures, 16), MAX_PAUSE_MS)
      const share = (parts.randomBytes(1)[0] ?? 0) / 255
      await wait(pauseMs * (0.5 + share / 2), undefined, { signal: stop.signal, ref: false }).catch(() => undefined)
    }
  }

  const submit = async (sms: Sms): Promise<SmsOutcome> => {
    const { dataCoding, parts: messages, hasHeader } = smsParts(sms.text, parts.hasAccents, reference++)
    const ids: (string | undefined)[] = []
    for (const message of messages) {
      const outcome = await submitPart(sms, message, { dataCoding, hasHeader, isFirst: ids.length === 0 })
      if (outcome.kind !== 'accepted') return outcome
      ids.push(outcome.messageId)
    }
    return { kind: 'accepted', messageId: ids.at(-1), parts: messages.length, ...(ids.length > 1 ? { partIds: ids } : {}) }
  }

  const submitPart = async (
    sms: Sms,
    message: Buffer,
    { dataCoding, hasHeader, isFirst }: { dataCoding: number; hasHeader: boolean; isFirst: boolean },
  ): Promise<SmsOutcome> => {
    for (;;) {
      await parts.pace.turn()
      const leftS = Math.floor((sms.notAfterMs - clock.nowMs()) / 1000)
      if (leftS < 1) return { kind: 'permanent', code: 'TOO_LATE', words: 'no longer valid' }
      if (session === undefined) return { kind: 'temporary', code: 'NOT_BOUND', words: fault?.words ?? 'not bound' }
      const answer = await session.ask('submit_sm', {
        source_addr_ton: options.sourceTon,
        source_addr_npi: options.sourceNpi,
        source_addr: options.sourceAddress,
        dest_addr_ton: INTERNATIONAL,
        dest_addr_npi: ISDN,
        destination_addr: sms.phone,
        esm_class: hasHeader ? UDH : 0,
        // The centre drops it by itself: a phone that is switched on an hour later must not show a code.
        validity_period: relativeTime(leftS),
        registered_delivery: RECEIPT_WANTED,
        data_coding: dataCoding,
        short_message: message,
      })
      if (answer.command_status === 0) {
        throttles = 0
        return { kind: 'accepted', messageId: answer.message_id, parts: 1 }
      }
      const outcome = submitFault(answer.command_status)
      if (outcome.kind !== 'throttled') return outcome
      // Nobody goes on at once: not this message, and none that waits beside it.
      const retryAfterMs = Math.min(outcome.retryAfterMs * 2 ** throttles, MAX_THROTTLE_MS)
      throttles += 1
      parts.pace.pause(retryAfterMs)
      // Sent anew as a whole, its first part would come twice; so a later part waits here.
      if (isFirst) return { kind: 'throttled', retryAfterMs }
    }
  }

  const bound = stayBound()
  return {
    name: NAME,
    async send(sms) {
      using _slot = await slots.take()
      try {
        return await submit(sms)
      } catch (error) {
        if (!(error instanceof SmsError)) throw error
        return { kind: 'temporary', code: error.code, words: error.message }
      }
    },
    state: () => ({ isUp: session !== undefined, sinceMs, fault }),
    async [Symbol.asyncDispose]() {
      stop.abort()
      const last = session
      await last?.ask('unbind', {}).catch(() => undefined)
      last?.[Symbol.dispose]()
      await bound
    },
  }
}

/** `YYMMDDhhmmss000R`: so long from now on. SMPP 3.4 §7.1.1.2 */
function relativeTime(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const days = Math.min(Math.floor(seconds / 86_400), 30)
  return `0000${two(days)}${two(Math.floor(seconds / 3600) % 24)}${two(Math.floor(seconds / 60) % 60)}${two(seconds % 60)}000R`
}
