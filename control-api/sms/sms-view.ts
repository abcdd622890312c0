import { type Static, Type } from 'typebox'
import type { Store } from '../store/store.ts'
import type { SmsDesk } from './sms-desk.ts'

const instant = Type.String({ format: 'date-time' })

/** Gateways and queue in figures. No phone number, no text. */
export const SmsView = Type.Object({
  gateways: Type.Array(
    Type.Object({
      name: Type.String(),
      up: Type.Boolean(),
      since: instant,
      fault: Type.Union([Type.Object({ code: Type.String(), words: Type.String() }), Type.Null()]),
    }),
    { description: 'in the order in which they are tried' },
  ),
  queue: Type.Object({
    waiting: Type.Integer(),
    oldestAt: Type.Union([instant, Type.Null()]),
  }),
  day: Type.Record(Type.String(), Type.Integer(), { description: 'what became of the messages of the last 24 hours, by state' }),
})
export type SmsView = Static<typeof SmsView>

export async function smsView(store: Store, sms: SmsDesk, nowMs: number): Promise<SmsView> {
  const { waiting, day } = await store.read(async (db) => ({
    waiting: await db
      .selectFrom('sms_message')
      .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('queued_at_ms').as('oldest')])
      .where('state', '=', 'queued')
      .executeTakeFirstOrThrow(),
    day: await db
      .selectFrom('sms_message')
      .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
      .where('queued_at_ms', '>', nowMs - 86_400_000)
      .groupBy('state')
      .execute(),
  }))
  return {
    gateways: sms.senders.map((sender) => {
      const { isUp, sinceMs, fault } = sender.state()
      return { name: sender.name, up: isUp, since: new Date(sinceMs).toISOString(), fault: fault ?? null }
    }),
    queue: {
      waiting: Number(waiting.count),
      oldestAt: waiting.oldest === null ? null : new Date(Number(waiting.oldest)).toISOString(),
    },
    day: Object.fromEntries(day.map((row) => [row.state, Number(row.count)])),
  }
}
