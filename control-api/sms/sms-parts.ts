import type { Kysely } from 'kysely'
import type { StoreTransaction } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import type { SmsMessageRow, SmsPartRow } from './sms-tables.ts'

/** A part that a receipt names, with its message. */
export interface NamedPart {
  readonly part: SmsPartRow
  readonly message: SmsMessageRow
}

/** Keeps what the gateway calls each part; a part without a name is one of which nothing will be heard. */
export async function keepParts(
  tx: StoreTransaction,
  message: string,
  sender: string,
  partIds: readonly (string | undefined)[],
): Promise<void> {
  const rows = partIds.map((id, at) => ({ message, number: at + 1, sender, gateway_id: id ?? '', is_delivered: 0 }))
  await tx.db.insertInto('sms_part').values(rows).execute()
}

/** The newest part that has one of these names, whatever became of its message since. */
export async function findPart(db: Kysely<Tables>, sender: string, names: readonly string[]): Promise<NamedPart | undefined> {
  const part = await db
    .selectFrom('sms_part')
    .innerJoin('sms_message', 'sms_message.id', 'sms_part.message')
    .selectAll('sms_part')
    .where('sms_part.sender', '=', sender)
    .where('gateway_id', 'in', names)
    .orderBy('sent_at_ms', 'desc')
    .executeTakeFirst()
  if (part === undefined) return undefined
  const message = await db.selectFrom('sms_message').selectAll().where('id', '=', part.message).executeTakeFirstOrThrow()
  return { part, message }
}

/** Notes that a part was delivered; gives how many of its message are not yet. */
export async function noteDelivered({ db }: StoreTransaction, { message, number }: SmsPartRow): Promise<number> {
  await db.updateTable('sms_part').set({ is_delivered: 1 }).where('message', '=', message).where('number', '=', number).execute()
  const { left } = await db
    .selectFrom('sms_part')
    .select((eb) => eb.fn.countAll<number>().as('left'))
    .where('message', '=', message)
    .where('is_delivered', '=', 0)
    .executeTakeFirstOrThrow()
  return Number(left)
}
