import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { ControlConfig } from '../config/options.ts'
import { findMobile } from '../otp/officer-fields.ts'
import { createSenders } from '../sms/create-senders.ts'
import type { SmsSender } from '../sms/sms-sender.ts'
import { type CommandIo, type ExitCode, UsageError } from './command.ts'
import { SYSTEM_CLOCK, systemBytes } from './open-control.ts'

const TEST_TEXT = 'Tin nhắn thử của hệ thống OTP. Không cần trả lời.'
const BIND_WAIT_MS = 15_000
const RECEIPT_WAIT_MS = 10_000
const LOOK_MS = 50

/** Sends a message by each gateway that is set up, to the number on standard input, and tells what each said. */
export async function sendTestMessage(config: ControlConfig, log: FastifyBaseLogger, io: CommandIo): Promise<ExitCode> {
  if (config.sms.order.length === 0)
    throw new UsageError('sms.order names no gateway; give the service’s configuration by --config')
  const phone = findMobile((await text(io.stdin)).trim())
  if (phone === undefined) throw new UsageError('Standard input must hold a mobile number of Viet Nam, ten digits')
  const receipts: string[] = []
  const senders = createSenders({
    sms: config.sms,
    clock: SYSTEM_CLOCK,
    log,
    randomBytes: systemBytes,
    takeReceipt: (name, { state }) => receipts.push(`${name}\t${state}`),
  })
  let failed = 0
  let awaited = 0
  for (const sender of senders) {
    await untilUp(sender, io.signal)
    const id = Buffer.from(systemBytes(6)).toString('hex')
    const outcome = await sender.send({ id, phone, text: TEST_TEXT, notAfterMs: SYSTEM_CLOCK.nowMs() + 300_000 })
    if (outcome.kind !== 'accepted') failed += 1
    else if (sender.name === 'smpp') awaited += 1
    io.stdout.write(`${sender.name}\t${JSON.stringify(outcome)}\n`)
  }
  for (let waitedMs = 0; receipts.length < awaited && waitedMs < RECEIPT_WAIT_MS && !io.signal.aborted; waitedMs += LOOK_MS)
    await wait(LOOK_MS)
  io.stdout.write(receipts.map((line) => `${line}\n`).join(''))
  if (receipts.length < awaited) io.stderr.write(`No receipt came within ${RECEIPT_WAIT_MS / 1000} s; it may still come.\n`)
  for (const sender of senders) await sender[Symbol.asyncDispose]()
  return failed === 0 ? 0 : 1
}

async function untilUp(sender: SmsSender, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; !sender.state().isUp && waitedMs < BIND_WAIT_MS && !signal.aborted; waitedMs += LOOK_MS)
    await wait(LOOK_MS)
}
