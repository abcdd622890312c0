import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlConfig } from '../config/options.ts'
import { createHttpSender } from './create-http-sender.ts'
import { createSmppSender } from './create-smpp-sender.ts'
import { createPace } from './pace.ts'
import type { SmsSender, TakeReceipt } from './sms-sender.ts'

const RECONNECT_MS = 1000
const nowMs = (): number => performance.now()

export interface SenderParts {
  readonly sms: ControlConfig['sms']
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly takeReceipt: TakeReceipt
  readonly randomBytes: (size: number) => Uint8Array
}

/** The gateways that the configuration names, in their order; SMPP begins to connect. */
export function createSenders({ sms, clock, log, takeReceipt, randomBytes }: SenderParts): SmsSender[] {
  const hasAccents = sms.accents
  const paceOf = (perSecond: number) =>
    createPace({ perSecond, nowMs, wait: (ms) => wait(ms, undefined, { ref: false }).then(() => undefined) })
  return sms.order.map((name) =>
    name === 'http'
      ? createHttpSender({ options: sms.http, hasAccents, clock, pace: paceOf(sms.http.perSecond) })
      : createSmppSender({
          options: { ...sms.smpp, reconnectMs: RECONNECT_MS },
          hasAccents,
          clock,
          log,
          takeReceipt,
          randomBytes,
          pace: paceOf(sms.smpp.perSecond),
        }),
  )
}
