import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { createSmppSender, type SmppSenderOptions } from '../../control-api/sms/create-smpp-sender.ts'
import type { SmsReceipt, SmsSender } from '../../control-api/sms/sms-sender.ts'
import { createSeededBytes } from './control-app.ts'
import { type MessageCentre, startMessageCentre } from './message-centre.ts'
import { createMovableClock, type MovableClock } from './movable-clock.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

export interface SmppLab {
  readonly sender: SmsSender
  readonly centre: MessageCentre
  readonly clock: MovableClock
  readonly receipts: readonly SmsReceipt[]
  readonly passwordFile: string
  /** Milliseconds that the centre's answers made it wait. */
  readonly pauses: readonly number[]
  readonly untilUp: (isUp: boolean) => Promise<void>
}

export interface SmppLabOptions extends Partial<SmppSenderOptions> {
  readonly hasAccents?: boolean
  readonly passwordMode?: number
  readonly tlsFiles?: { readonly key: string; readonly cert: string; readonly caFile: string }
  /** Told of receipts, too. */
  readonly onReceipt?: (sender: string, receipt: SmsReceipt) => void
  /** Waits for the log-in if not told otherwise. */
  readonly isAwaited?: boolean
}

/** A sender and a message centre over TCP on loopback. */
export async function createSmppLab(options: SmppLabOptions = {}): Promise<SmppLab> {
  const { hasAccents = true, passwordMode = 0o600, tlsFiles, isAwaited = true, onReceipt, ...changes } = options
  const password = Buffer.from('made up').toString('hex').slice(0, 8)
  const centre = await startMessageCentre({
    systemId: 'edgeward',
    password,
    ...(tlsFiles === undefined ? {} : { tls: tlsFiles }),
  })
  const passwordFile = join(await temporaryFolder(), 'password')
  await writeFile(passwordFile, `${password}\n`)
  await chmod(passwordFile, passwordMode)
  const clock = createMovableClock(Date.UTC(2026, 2, 2))
  const receipts: SmsReceipt[] = []
  const pauses: number[] = []
  const pace = { turn: async () => undefined, pause: (ms: number) => void pauses.push(ms) }
  const sender = createSmppSender({
    options: {
      host: tlsFiles === undefined ? '127.0.0.1' : 'localhost',
      port: centre.port,
      tls: tlsFiles !== undefined,
      caFile: tlsFiles?.caFile ?? null,
      systemId: 'edgeward',
      passwordFile,
      systemType: '',
      sourceAddress: 'BHXH',
      sourceTon: 5,
      sourceNpi: 0,
      window: 10,
      enquireLinkS: 30,
      responseTimeoutS: 10,
      reconnectMs: 20,
      ...changes,
    },
    hasAccents,
    clock,
    log: pino({ level: 'silent' }),
    takeReceipt: (name, receipt) => {
      receipts.push(receipt)
      onReceipt?.(name, receipt)
    },
    randomBytes: createSeededBytes('smpp'),
    pace,
  })
  onTestFinished(async () => {
    await sender[Symbol.asyncDispose]()
    await centre[Symbol.asyncDispose]()
  })
  const untilUp = (isUp: boolean): Promise<void> =>
    until(`the sender is ${isUp ? '' : 'not '}bound`, () => (sender.state().isUp === isUp ? true : undefined), {
      everyMs: 5,
    }).then(() => undefined)
  if (isAwaited) await untilUp(true)
  return { sender, centre, clock, receipts, passwordFile, pauses, untilUp }
}
