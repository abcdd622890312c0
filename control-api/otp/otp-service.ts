import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { covers } from '../../rules/addresses/block-bits.ts'
import { parseBlock } from '../../rules/addresses/parse-block.ts'
import type { GateKeys } from '../../rules/gate/gate-keys.ts'
import { createGateTokens } from '../../rules/gate/gate-token.ts'
import type { Clock } from '../../rules/time/clock.ts'
import type { ControlConfig } from '../config/options.ts'
import { findBlock } from '../pages/client-source.ts'
import { createSmsDesk, type SmsDesk } from '../sms/sms-desk.ts'
import type { SmsSender, TakeReceipt } from '../sms/sms-sender.ts'
import type { Store } from '../store/store.ts'
import { createGrantDesk, type GrantDesk, type GrantPublisher, type TokensOf } from './grant-desk.ts'
import type { OfficerParts } from './officers.ts'
import { createOtpDesk, type OtpDesk } from './otp-desk.ts'
import type { OtpKeys } from './otp-keys.ts'

/** Longer than any answer's work takes: all come after the same time. */
const ANSWER_MS = 250

/** Everything that one-time codes take: officers, codes, grants, messages. */
export interface OtpService extends AsyncDisposable {
  readonly keys: OtpKeys
  readonly desk: OtpDesk
  readonly grants: GrantDesk
  readonly sms: SmsDesk
  /** What changes to the list of officers need. */
  officerParts(): OfficerParts
}

export interface OtpServiceParts {
  readonly store: Store
  readonly publisher: GrantPublisher
  readonly config: Pick<ControlConfig, 'otp' | 'sms' | 'agents'>
  readonly keys: OtpKeys
  /** Newest first. Asked for each time, because keys are rotated while the service runs. */
  readonly gateKeys: () => Promise<GateKeys>
  readonly createSenders: (takeReceipt: TakeReceipt) => readonly SmsSender[]
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly randomBytes: (size: number) => Uint8Array
  /** Milliseconds that every answer of the desk takes. */
  readonly answerMs?: number
}

export function createOtpService(parts: OtpServiceParts): OtpService {
  const { store, publisher, config, keys, clock, log, randomBytes } = parts
  const { answerMs = ANSWER_MS } = parts
  const senders = parts.createSenders((sender, receipt) => {
    sms.takeReceipt(sender, receipt).catch((error: unknown) => log.error({ err: error }, 'receipt could not be kept'))
  })
  const { sealer } = keys
  const sms = createSmsDesk({
    store,
    clock,
    log,
    senders,
    sealer,
    randomBytes,
    keepDays: config.sms.keepDays,
    isOn: config.sms.order.length > 0,
  })
  const grants = createGrantDesk({
    store,
    publisher,
    sealer,
    clock,
    log,
    readTokens: tokensUnder(parts.gateKeys),
    clockSkewS: config.agents.clockSkewS,
    idleMinutes: config.otp.idleMinutes,
    grantHours: config.otp.grantHours,
  })
  const desk = createOtpDesk({
    store,
    sms,
    keys,
    clock,
    log,
    randomBytes,
    limits: config.otp,
    isOffice: createOffices(config.otp.officeSources),
    onGrant: () => {
      grants.work().catch((error: unknown) => log.error({ err: error }, 'grants could not be signed; it is tried again'))
    },
    async settle(sinceMs) {
      const leftMs = answerMs - (clock.nowMs() - sinceMs)
      if (answerMs > 0 && leftMs > 0) await wait(Math.min(leftMs, answerMs))
    },
  })
  return {
    keys,
    desk,
    grants,
    sms,
    officerParts: () => ({ keys, sms, nowMs: clock.nowMs(), randomBytes }),
    async [Symbol.asyncDispose]() {
      await sms[Symbol.asyncDispose]()
      await grants.flush()
    },
  }
}

/** Whether a source, an address or the /64 of one, lies in these blocks. */
function createOffices(texts: readonly string[]): (source: string) => boolean {
  const blocks = texts.map(parseBlock)
  return (source) => {
    const address = findBlock(source)
    return address !== undefined && blocks.some((block) => covers(block, address))
  }
}

/** Accounts under each key; a key is read once. */
function tokensUnder(gateKeys: () => Promise<GateKeys>): () => Promise<TokensOf> {
  let made: { readonly names: string; readonly tokensOf: TokensOf } | undefined
  return async () => {
    const keys = await gateKeys()
    const names = keys.map((key) => Buffer.from(key).toString('hex')).join()
    if (made?.names === names) return made.tokensOf
    const makers = keys.map((key) => createGateTokens(key))
    made = { names, tokensOf: (account) => makers.map((tokenOf) => tokenOf(account)) }
    return made.tokensOf
  }
}
