import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSealer } from '../../../control-api/sms/sealer.ts'
import { createSmsDesk, type SmsDesk } from '../../../control-api/sms/sms-desk.ts'
import { createSqliteStore } from '../../../control-api/store/create-sqlite-store.ts'
import { createFakeSmsSender } from '../../fakes/fake-sms-sender.ts'
import { createSeededBytes } from '../../support/control-app.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { createSmppLab } from '../../support/smpp-lab.ts'
import { until } from '../../support/until.ts'

const LONG = 'Quyền tra cứu lịch sử khám chữa bệnh đã được cấp cho tài khoản của anh/chị. '.repeat(3)

/** A desk, a message centre over TCP, and one message of several parts that the centre has taken. */
async function createLongLab() {
  const desks: SmsDesk[] = []
  const told: Promise<void>[] = []
  const lab = await createSmppLab({
    onReceipt: (sender, receipt) => told.push(...desks.map((desk) => desk.takeReceipt(sender, receipt))),
  })
  const store = await createSqliteStore({ path: ':memory:', clock: lab.clock })
  onTestFinished(() => store[Symbol.asyncDispose]())
  const randomBytes = createSeededBytes('long')
  const sealer = createSealer(new Uint8Array(32).fill(1), randomBytes)
  const desk = createSmsDesk({
    store,
    clock: lab.clock,
    log: pino({ level: 'silent' }),
    senders: [lab.sender],
    sealer,
    randomBytes,
    keepDays: 90,
    isOn: true,
  })
  desks.push(desk)
  const id = await store.transact({ person: 'an', role: 'operator' }, async (tx) => {
    await tx.audit({ action: 'test.order', target: 'test' })
    return desk.enqueue(tx, { kind: 'notice', phone: '84900000001', text: LONG, notAfterMs: lab.clock.nowMs() + 3_600_000 })
  })
  await desk.work()
  const state = async () =>
    (await store.read((db) => db.selectFrom('sms_message').select('state').where('id', '=', id).executeTakeFirstOrThrow())).state
  const partIds = lab.centre.received.map(({ messageId }) => messageId)
  /** Has the centre send receipts, and waits until they are taken. */
  const receipts = async (...given: readonly (readonly [string, string])[]) => {
    const before = told.length
    for (const [messageId, fate] of given) lab.centre.receipt(messageId, fate)
    await until('the receipts came', () => (told.length === before + given.length ? true : undefined), { everyMs: 5 })
    await Promise.all(told)
  }
  const audit = () => store.read((db) => db.selectFrom('audit').select('action').orderBy('seq').execute())
  return { ...lab, desk, store, id, state, partIds, receipts, audit }
}

describe('a message in several parts', () => {
  it('is delivered when all parts are, in whatever order the receipts come, twice or not', async () => {
    const lab = await createLongLab()
    expect(lab.partIds.length).toBeGreaterThan(2)
    const [first = '', ...others] = [...lab.partIds].reverse()
    await lab.receipts([first, 'DELIVRD'])
    await lab.receipts([first, 'DELIVRD'])
    expect(await lab.state()).toBe('sent')
    await lab.receipts(...others.slice(1).map((id) => [id, 'DELIVRD'] as const))
    expect(await lab.state()).toBe('sent')
    await lab.receipts([others[0] ?? '', 'DELIVRD'])
    expect(await lab.state()).toBe('delivered')
    expect(lab.desk.figures().get('smpp delivered')).toBe(1)
    expect((await lab.audit()).filter(({ action }) => action === 'sms.deliver')).toHaveLength(1)
  })

  it.each(['UNDELIV', 'EXPIRED', 'REJECTD'])(
    'has failed when one part is %s, also if the last one is delivered',
    async (fate) => {
      const lab = await createLongLab()
      await lab.receipts([lab.partIds[0] ?? '', fate], ...lab.partIds.slice(1).map((id) => [id, 'DELIVRD'] as const))
      expect(await lab.state()).toBe('undelivered')
      expect(lab.desk.figures().get('smpp delivered')).toBeUndefined()
      expect(lab.desk.figures().get('smpp undelivered')).toBe(1)
    },
  )

  it('takes receipts that come before the last part is handed over, and all at once', async () => {
    const lab = await createLongLab()
    await lab.receipts(...lab.partIds.map((id) => [id, 'DELIVRD'] as const))
    expect(await lab.state()).toBe('delivered')
    const clock = createMovableClock(Date.UTC(2026, 2, 2))
    const fake = createFakeSmsSender(clock, 'smpp')
    const randomBytes = createSeededBytes('early')
    const parts = { log: pino({ level: 'silent' }), keepDays: 90, isOn: true, clock, randomBytes, store: lab.store }
    const desk = createSmsDesk({ ...parts, senders: [fake], sealer: createSealer(new Uint8Array(32), randomBytes) })
    fake.answer({ kind: 'accepted', messageId: 'b2', parts: 2, partIds: ['b1', 'b2'] })
    for (const messageId of ['b1', 'b2']) await desk.takeReceipt('smpp', { messageId, isDelivered: true, state: 'DELIVRD' })
    const id = await lab.store.transact({ person: 'an', role: 'operator' }, async (tx) => {
      await tx.audit({ action: 'test.order', target: 'test' })
      return desk.enqueue(tx, { kind: 'notice', phone: '84900000001', text: 'x', notAfterMs: clock.nowMs() + 3_600_000 })
    })
    await desk.work()
    const row = await lab.store.read((db) => db.selectFrom('sms_message').selectAll().where('id', '=', id).executeTakeFirst())
    expect(row?.state).toBe('delivered')
  })

  it('stays as it is where a part has no name, because nothing will be heard of it', async () => {
    const lab = await createLongLab()
    await lab.store.transact({ person: 'an', role: 'operator' }, async (tx) => {
      await tx.audit({ action: 'test.change', target: 'test' })
      await tx.db.updateTable('sms_part').set({ gateway_id: '' }).where('number', '=', 1).execute()
    })
    await lab.receipts(...lab.partIds.slice(1).map((id) => [id, 'DELIVRD'] as const))
    expect(await lab.state()).toBe('sent')
  })

  it('has failed when a gateway that splits by itself tells of a part that failed, under our one id', async () => {
    const lab = await createLongLab()
    await lab.desk.takeReceipt('smpp', { messageId: lab.id, isDelivered: true, state: 'DELIVRD' })
    expect(await lab.state()).toBe('delivered')
    await lab.desk.takeReceipt('smpp', { messageId: lab.id, isDelivered: false, state: 'UNDELIV' })
    await lab.desk.takeReceipt('smpp', { messageId: lab.id, isDelivered: true, state: 'DELIVRD' })
    expect(await lab.state()).toBe('undelivered')
  })
})
