import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../rules/time/clock.ts'
import { ControlError } from '../http/control-error.ts'
import type { Actor, Store, StoreTransaction } from '../store/store.ts'
import { receiptNames } from './read-receipt.ts'
import type { Sealer } from './sealer.ts'
import { createSenderChoice } from './sender-choice.ts'
import type { SmsErrorCode } from './sms-errors.ts'
import { findPart, keepParts, type NamedPart, noteDelivered } from './sms-parts.ts'
import type { SmsReceipt, SmsSender } from './sms-sender.ts'
import type { SmsMessageRow } from './sms-tables.ts'

const SENDER: Actor = { person: 'sms', role: 'system' }
/** Messages under way at the same time. */
const MAX_UNDER_WAY = 20
/** More than this waiting means that nothing is sent, or that somebody pumps. */
const MAX_QUEUED = 10_000
const MAX_LOOKED_AT = 500
const RETRY_MS = 2000
/** A code is tried often while it is worth something; a notice can wait. */
const MAX_RETRY_MS = { code: 10_000, notice: 10 * 60_000 } as const
/** Receipts that came before the answer they belong to. */
const MAX_EARLY = 1000
const DAY_MS = 86_400_000

/** What a gateway took, and what it calls it. */
interface Taken {
  readonly sender: string
  readonly messageId: string | undefined
  /** Of a text in several parts. */
  readonly partIds: readonly (string | undefined)[]
}

export interface SmsOrder {
  readonly kind: SmsMessageRow['kind']
  readonly phone: string
  readonly text: string
  readonly notAfterMs: number
}

/** What became of messages since the start, for metrics. */
export type SmsFigures = ReadonlyMap<string, number>

/** Takes messages into the queue and has them sent: each at least once before its time is over, or not at all. */
export interface SmsDesk extends AsyncDisposable {
  /** Puts a message into the queue with whatever orders it: both are kept or none. Gives its id. @throws ControlError BUSY where the queue is full */
  enqueue(tx: StoreTransaction, order: SmsOrder): Promise<string>
  /** Sends what is due, drops what is too late, and waits for what it began. @throws StoreError */
  work(): Promise<void>
  /** Has something happen as soon as there is something to send, besides the timer. */
  onQueued(wake: () => void): void
  /** What a gateway told later of a message that it had accepted. */
  takeReceipt(sender: string, receipt: SmsReceipt): Promise<void>
  readonly senders: readonly SmsSender[]
  /** Whether messages are sent at all, here or by the service that runs beside a command. */
  readonly isOn: boolean
  /** Whether any gateway could take a message now. */
  isUp(): boolean
  figures(): SmsFigures
}

export interface SmsDeskParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  /** In the order in which they are preferred. */
  readonly senders: readonly SmsSender[]
  readonly sealer: Sealer
  readonly randomBytes: (size: number) => Uint8Array
  readonly keepDays: number
  readonly isOn: boolean
}

export function createSmsDesk(parts: SmsDeskParts): SmsDesk {
  const { store, clock, log, senders, sealer } = parts
  const choice = createSenderChoice(senders, clock)
  const underWay = new Map<string, Promise<void>>()
  /** What was tried without success: kept here alone, so that an outage does not fill the audit log. After a restart it is tried at once. */
  const pauses = new Map<string, { readonly tries: number; readonly untilMs: number }>()
  /** What a gateway took and the store did not note yet: it must not be sent once more for that. */
  const taken = new Map<string, Taken>()
  const early = new Map<string, SmsReceipt>()
  const counts = new Map<string, number>()
  const triesOf = (row: SmsMessageRow): number => (row.state === 'queued' ? (pauses.get(row.id)?.tries ?? 0) : row.tries)
  const count = (sender: string, fate: string): void => {
    const key = `${sender} ${fate}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  let wake: () => void = () => undefined
  let tidiedAtMs = Number.NEGATIVE_INFINITY

  /** Changes a message that nobody else changed in the meantime, with its audit entry. */
  const end = async (row: SmsMessageRow, change: Partial<SmsMessageRow>, action: string): Promise<boolean> =>
    store.transact(SENDER, (tx) => endWithin(tx, row, change, action))
  const endWithin = async (
    tx: StoreTransaction,
    row: SmsMessageRow,
    change: Partial<SmsMessageRow>,
    action: string,
  ): Promise<boolean> => {
    const { numUpdatedRows } = await tx.db
      .updateTable('sms_message')
      .set({ ...change, ...(row.state === 'queued' ? { tries: triesOf(row) + (change.state === 'sent' ? 1 : 0) } : {}) })
      .where('id', '=', row.id)
      .where('state', '=', row.state)
      .executeTakeFirst()
    const { kind } = row
    const tries = triesOf(row) + (change.state === 'sent' ? 1 : 0)
    const sender = change.sender ?? row.sender
    const details = { kind, tries, sender, fault: change.fault ?? null, ...(numUpdatedRows === 0n ? { changed: false } : {}) }
    await tx.audit({ action, target: `sms/${row.id}`, details })
    return numUpdatedRows > 0n
  }

  const drop = async (row: SmsMessageRow, state: 'expired' | 'refused', fault: SmsErrorCode): Promise<void> => {
    await end(
      row,
      { state, fault, text: null, phone: null, ended_at_ms: clock.nowMs() },
      `sms.${state === 'expired' ? 'expire' : 'refuse'}`,
    )
    count('none', state)
    log.warn(
      { id: row.id, kind: row.kind, tries: triesOf(row), fault },
      state === 'expired' ? 'message was too late' : 'message was refused',
    )
    pauses.delete(row.id)
  }

  const tryOnce = async (row: SmsMessageRow, phone: string, text: string): Promise<void> => {
    const faults: SmsErrorCode[] = []
    let isHopeless = true
    for (const sender of choice.inOrder()) {
      if (clock.nowMs() >= row.not_after_ms) break
      const outcome = await sender.send({ id: row.id, phone, text, notAfterMs: row.not_after_ms })
      choice.note(sender, outcome)
      count(sender.name, outcome.kind)
      if (outcome.kind === 'accepted') {
        const { messageId, partIds = [] } = outcome
        const accepted = { sender: sender.name, messageId, partIds }
        taken.set(row.id, accepted)
        return noteSent(row, accepted)
      }
      isHopeless &&= outcome.kind === 'permanent'
      faults.push(outcome.kind === 'throttled' ? 'THROTTLED' : outcome.code)
      log.warn(
        { id: row.id, sender: sender.name, outcome: outcome.kind, words: 'words' in outcome ? outcome.words : '' },
        'message not taken',
      )
    }
    const nowMs = clock.nowMs()
    if (nowMs >= row.not_after_ms || (isHopeless && faults.includes('TOO_LATE'))) return drop(row, 'expired', 'TOO_LATE')
    const fault = faults.at(-1) ?? 'NOT_BOUND'
    if (isHopeless && faults.length > 0) return drop(row, 'refused', fault)
    const tries = triesOf(row)
    const pauseMs = Math.min(RETRY_MS * 2 ** Math.min(tries, 12), MAX_RETRY_MS[row.kind])
    pauses.set(row.id, { tries: tries + 1, untilMs: nowMs + pauseMs })
  }

  const noteSent = async (row: SmsMessageRow, { sender, messageId, partIds }: Taken): Promise<void> => {
    const sentAtMs = clock.nowMs()
    const change = { state: 'sent' as const, text: null, phone: null, fault: null, sender, sent_at_ms: sentAtMs }
    await store.transact(SENDER, async (tx) => {
      // Of several parts, none stands for the message.
      const isSent = await endWithin(
        tx,
        row,
        { ...change, message_id: partIds.length > 0 ? null : (messageId ?? null) },
        'sms.send',
      )
      if (isSent && partIds.length > 0) await keepParts(tx, row.id, sender, partIds)
    })
    taken.delete(row.id)
    log.info(
      { id: row.id, kind: row.kind, sender, tries: triesOf(row) + 1, ms: sentAtMs - row.queued_at_ms },
      'message handed over',
    )
    pauses.delete(row.id)
    const given = partIds.length > 0 ? partIds : [messageId]
    const names = [row.id, ...given.flatMap((id) => (id === undefined ? [] : receiptNames(id)))]
    for (const receipt of names.flatMap((name) => early.get(`${sender} ${name}`) ?? [])) await takeReceipt(sender, receipt)
  }

  const takeReceipt = async (sender: string, receipt: SmsReceipt): Promise<void> => {
    const key = `${sender} ${receipt.messageId}`
    if (await takeKnown(sender, receipt)) return
    const oldest = early.size >= MAX_EARLY ? early.keys().next().value : undefined
    if (oldest !== undefined) early.delete(oldest)
    early.set(key, receipt)
    // The message may have been written down while it was looked for, and then nobody looks here again.
    if (await takeKnown(sender, receipt)) early.delete(key)
  }

  /** Notes what became of a message that is written down; false where it is not. */
  const takeKnown = async (sender: string, receipt: SmsReceipt): Promise<boolean> => {
    const names = receiptNames(receipt.messageId)
    const [named, row] = await store.read(async (db) => [
      await findPart(db, sender, names),
      await db
        .selectFrom('sms_message')
        .selectAll()
        .where('state', '=', 'sent')
        .where('sender', '=', sender)
        .where((eb) => eb.or([eb('message_id', 'in', names), eb('id', '=', receipt.messageId)]))
        .orderBy('sent_at_ms', 'desc')
        .executeTakeFirst(),
    ])
    if (named !== undefined) await takePart(named, sender, receipt)
    else if (row !== undefined) await noteFate(row, sender, receipt)
    if (named === undefined && row === undefined && !(await takeLater(sender, receipt))) return false
    early.delete(`${sender} ${receipt.messageId}`)
    return true
  }

  /** A gateway that splits texts by itself tells of parts under our one id: what fails after another part was delivered has failed. */
  const takeLater = async (sender: string, { messageId, isDelivered, state }: SmsReceipt): Promise<boolean> => {
    const row = await store.read((db) =>
      db
        .selectFrom('sms_message')
        .selectAll()
        .where('id', '=', messageId)
        .where('sender', '=', sender)
        .where('state', 'in', ['delivered', 'undelivered'])
        .executeTakeFirst(),
    )
    if (row?.state === 'delivered' && !isDelivered) await noteFate(row, sender, { messageId, isDelivered, state })
    return row !== undefined
  }

  /** A long message is delivered when all of its parts are, and is not as soon as one of them is not: the phone shows nothing of it, or half. */
  const takePart = async ({ part, message }: NamedPart, sender: string, receipt: SmsReceipt): Promise<void> => {
    if (message.state !== 'sent' || part.is_delivered === 1) return
    if (!receipt.isDelivered) return noteFate(message, sender, receipt)
    await store.transact(SENDER, async (tx) => {
      const left = await noteDelivered(tx, part)
      if (left > 0) {
        await tx.audit({ action: 'sms.deliver-part', target: `sms/${message.id}`, details: { part: part.number, left } })
        return
      }
      const change = { state: 'delivered', fault: null, ended_at_ms: clock.nowMs() } as const
      if (await endWithin(tx, message, change, 'sms.deliver')) count(sender, 'delivered')
    })
  }

  const noteFate = async (row: SmsMessageRow, sender: string, receipt: SmsReceipt): Promise<void> => {
    const state = receipt.isDelivered ? 'delivered' : 'undelivered'
    count(sender, state)
    const fault = receipt.isDelivered ? null : receipt.state.slice(0, 20)
    await end(row, { state, fault, ended_at_ms: clock.nowMs() }, `sms.${receipt.isDelivered ? 'deliver' : 'undeliver'}`)
  }

  const deliver = async (row: SmsMessageRow): Promise<void> => {
    const accepted = taken.get(row.id)
    if (accepted !== undefined) return noteSent(row, accepted)
    if (clock.nowMs() >= row.not_after_ms || row.phone === null || row.text === null) return drop(row, 'expired', 'TOO_LATE')
    await tryOnce(row, sealer.open(row.phone, 'sms.phone'), sealer.open(row.text, 'sms.text'))
  }

  const tidy = async (nowMs: number): Promise<void> => {
    if (nowMs - tidiedAtMs < DAY_MS / 24) return
    tidiedAtMs = nowMs
    const beforeMs = nowMs - parts.keepDays * DAY_MS
    const old = await store.read((db) =>
      db
        .selectFrom('sms_message')
        .select('id')
        .where('queued_at_ms', '<', beforeMs)
        .where('state', '!=', 'queued')
        .limit(1)
        .execute(),
    )
    if (old.length === 0) return
    await store.transact(SENDER, async (tx) => {
      const { numDeletedRows } = await tx.db
        .deleteFrom('sms_message')
        .where('queued_at_ms', '<', beforeMs)
        .where('state', '!=', 'queued')
        .executeTakeFirst()
      await tx.audit({ action: 'sms.tidy', target: 'sms', details: { rows: Number(numDeletedRows) } })
    })
  }

  return {
    senders,
    isOn: parts.isOn,
    takeReceipt,
    isUp: () => senders.some((sender) => sender.state().isUp),
    figures: () => counts,
    onQueued(work) {
      wake = work
    },
    async enqueue(tx, { kind, phone, text, notAfterMs }) {
      const { waiting } = await tx.db
        .selectFrom('sms_message')
        .select((eb) => eb.fn.countAll<number>().as('waiting'))
        .where('state', '=', 'queued')
        .executeTakeFirstOrThrow()
      if (Number(waiting) >= MAX_QUEUED)
        throw new ControlError('BUSY', `${MAX_QUEUED} messages wait to be sent; look at the gateways (GET /v1/sms).`)
      const id = Buffer.from(parts.randomBytes(9)).toString('base64url')
      const nowMs = clock.nowMs()
      await tx.db
        .insertInto('sms_message')
        .values({
          id,
          kind,
          phone: sealer.seal(phone, 'sms.phone'),
          text: sealer.seal(text, 'sms.text'),
          state: 'queued',
          queued_at_ms: nowMs,
          not_after_ms: notAfterMs,
          tries: 0,
          fault: null,
          sender: null,
          message_id: null,
          sent_at_ms: null,
          ended_at_ms: null,
        })
        .execute()
      setImmediate(() => wake())
      return id
    },
    async work() {
      const nowMs = clock.nowMs()
      const due = await store.read((db) =>
        db
          .selectFrom('sms_message')
          .selectAll()
          .where('state', '=', 'queued')
          .orderBy('kind')
          .orderBy('queued_at_ms')
          .limit(MAX_LOOKED_AT)
          .execute(),
      )
      const begun = due
        .filter(({ id, not_after_ms }) => !underWay.has(id) && ((pauses.get(id)?.untilMs ?? 0) <= nowMs || not_after_ms <= nowMs))
        .slice(0, MAX_UNDER_WAY - underWay.size)
        .map((row) => {
          const delivery = deliver(row)
            .catch((error: unknown) => log.error({ err: error, id: row.id }, 'message could not be handled; it is tried again'))
            .finally(() => underWay.delete(row.id))
          underWay.set(row.id, delivery)
          return delivery
        })
      await Promise.all(begun)
      await tidy(nowMs)
    },
    async [Symbol.asyncDispose]() {
      // What is under way is written down before the gateways go.
      await Promise.all(underWay.values())
      for (const sender of senders) await sender[Symbol.asyncDispose]()
    },
  }
}
