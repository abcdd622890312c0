import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSealer } from '../../../control-api/sms/sealer.ts'
import { createSmsDesk, type SmsDesk, type SmsOrder } from '../../../control-api/sms/sms-desk.ts'
import type { SmsSender } from '../../../control-api/sms/sms-sender.ts'
import { createSqliteStore } from '../../../control-api/store/create-sqlite-store.ts'
import type { Store } from '../../../control-api/store/store.ts'
import { describeSmsSenderContract } from '../../contracts/sms-sender.contract.ts'
import { createFakeSmsSender } from '../../fakes/fake-sms-sender.ts'
import { createSeededBytes } from '../../support/control-app.ts'
import { createMovableClock } from '../../support/movable-clock.ts'

const SOMEBODY = { person: 'an', role: 'operator' } as const
const NO_NETWORK = { kind: 'temporary', code: 'CONNECT_FAILED', words: 'no network' } as const

async function createDeskLab() {
  const clock = createMovableClock(Date.UTC(2026, 2, 2))
  const store = await createSqliteStore({ path: ':memory:', clock })
  onTestFinished(() => store[Symbol.asyncDispose]())
  const [first, second] = [createFakeSmsSender(clock, 'smpp'), createFakeSmsSender(clock, 'http')]
  const randomBytes = createSeededBytes('desk')
  const sealer = createSealer(new Uint8Array(32).fill(1), randomBytes)
  const start = (senders: readonly SmsSender[] = [first, second], behind: Store = store): SmsDesk =>
    createSmsDesk({
      store: behind,
      clock,
      log: pino({ level: 'silent' }),
      senders,
      sealer,
      randomBytes,
      keepDays: 90,
      isOn: true,
    })
  const order = (desk: SmsDesk, fields: Partial<SmsOrder> = {}) =>
    store.transact(SOMEBODY, async (tx) => {
      await tx.audit({ action: 'test.order', target: 'test' })
      return desk.enqueue(tx, {
        kind: 'code',
        phone: '84900000001',
        text: 'Mã 123456',
        notAfterMs: clock.nowMs() + 300_000,
        ...fields,
      })
    })
  const row = (id: string) =>
    store.read((db) => db.selectFrom('sms_message').selectAll().where('id', '=', id).executeTakeFirstOrThrow())
  return { clock, store, first, second, start, order, row }
}

describeSmsSenderContract('createFakeSmsSender', async () => {
  const clock = createMovableClock(Date.UTC(2026, 2, 2))
  const fake = createFakeSmsSender(clock)
  const answers = {
    throttled: { kind: 'throttled', retryAfterMs: 1000 },
    temporary: NO_NETWORK,
    permanent: { kind: 'permanent', code: 'MESSAGE_REFUSED', words: 'no' },
  } as const
  return {
    sender: {
      ...fake,
      async send(sms) {
        const outcome = await fake.send(sms)
        fake.answer(undefined)
        return outcome
      },
    },
    clock,
    texts: () => fake.taken.map(({ text }) => text),
    refuseNext: (how) => fake.answer(answers[how]),
    takeAway: async () => fake.turn(false),
  }
})

describe('the SMS desk', () => {
  it('sends by the gateway that is preferred, once, and forgets phone and text', async () => {
    const { start, order, row, first, second } = await createDeskLab()
    const desk = start()
    const id = await order(desk)
    await desk.work()
    await desk.work()
    expect([first.taken.map(({ text }) => text), second.asked]).toEqual([['Mã 123456'], []])
    expect(await row(id)).toMatchObject({ state: 'sent', sender: 'smpp', phone: null, text: null, tries: 1 })
  })

  it('keeps the order of the importance: codes before notices', async () => {
    const { start, order, first } = await createDeskLab()
    const desk = start()
    await order(desk, { kind: 'notice', text: 'notice' })
    await order(desk, { text: 'code' })
    await desk.work()
    expect(first.taken.map(({ text }) => text)).toEqual(['code', 'notice'])
  })

  it('goes to the other gateway at once, and comes back to the first when it is well', async () => {
    const { start, order, first, second, clock } = await createDeskLab()
    const desk = start()
    first.answer(NO_NETWORK)
    await order(desk)
    await desk.work()
    expect(second.taken).toHaveLength(1)
    await order(desk)
    await desk.work()
    // It rests: the other one is asked first.
    expect([first.asked.length, second.taken.length]).toEqual([1, 2])
    first.answer(undefined)
    clock.moveBy(1000)
    await order(desk)
    await desk.work()
    expect(first.taken).toHaveLength(1)
  })

  it('tries again with growing pauses while nobody takes it, and never once it is too late', async () => {
    const { start, order, row, first, second, clock } = await createDeskLab()
    const desk = start()
    for (const sender of [first, second]) sender.turn(false)
    const id = await order(desk)
    for (let second = 0; second < 299; second++) {
      await desk.work()
      clock.moveBy(1000)
    }
    expect(first.asked.length).toBeGreaterThan(20)
    expect(first.asked.length).toBeLessThan(40)
    for (const sender of [first, second]) sender.turn(true)
    clock.moveBy(1000)
    await desk.work()
    expect([first.taken, second.taken]).toEqual([[], []])
    expect(await row(id)).toMatchObject({ state: 'expired', fault: 'TOO_LATE', phone: null, text: null })
  })

  it('sends after a restart what waited, unless it is too late by then', async () => {
    const { start, order, row, first, clock } = await createDeskLab()
    const before = start()
    first.turn(false)
    const [code, notice] = [
      await order(before),
      await order(before, { kind: 'notice', text: 'notice', notAfterMs: clock.nowMs() + 9e6 }),
    ]
    clock.moveBy(300_000)
    const after = start([first])
    first.turn(true)
    await after.work()
    expect(first.taken.map(({ text }) => text)).toEqual(['notice'])
    expect([(await row(code)).state, (await row(notice)).state]).toEqual(['expired', 'sent'])
  })

  it('does not send once more because the store could not note it', async () => {
    const { start, order, row, first, store } = await createDeskLab()
    let isBroken = true
    const desk = start([first], {
      ...store,
      transact: (actor, work) => (isBroken ? Promise.reject(new Error('disk')) : store.transact(actor, work)),
    })
    const id = await order(desk)
    await desk.work()
    await desk.work()
    expect([first.asked.length, (await row(id)).state]).toEqual([1, 'queued'])
    isBroken = false
    await desk.work()
    expect([first.asked.length, (await row(id)).state]).toEqual([1, 'sent'])
  })

  it('does not ask a gateway that said so before its pause is over', async () => {
    const { start, order, first, clock } = await createDeskLab()
    const desk = start([first])
    first.answer({ kind: 'throttled', retryAfterMs: 8000 })
    await order(desk)
    await desk.work()
    await order(desk)
    await desk.work()
    clock.moveBy(7999)
    await desk.work()
    expect(first.asked).toHaveLength(1)
    first.answer(undefined)
    clock.moveBy(5000)
    await desk.work()
    expect(first.taken).toHaveLength(2)
  })

  it('gives up what every gateway refuses for good', async () => {
    const { start, order, row, first, second } = await createDeskLab()
    const desk = start()
    for (const sender of [first, second]) sender.answer({ kind: 'permanent', code: 'MESSAGE_REFUSED', words: 'no such number' })
    const id = await order(desk)
    await desk.work()
    await desk.work()
    expect([first.asked.length, second.asked.length]).toEqual([1, 1])
    expect(await row(id)).toMatchObject({ state: 'refused', fault: 'MESSAGE_REFUSED' })
  })

  it('notes receipts, also one that comes before the answer', async () => {
    const { start, order, row, first } = await createDeskLab()
    const desk = start()
    const receipt = { messageId: 'smpp-1', isDelivered: true, state: 'DELIVRD' }
    await desk.takeReceipt('smpp', receipt)
    const [one, two] = [await order(desk), await order(desk)]
    await desk.work()
    expect(first.taken).toHaveLength(2)
    await desk.takeReceipt('smpp', { messageId: 'smpp-2', isDelivered: false, state: 'REJECTD' })
    await desk.takeReceipt('http', { messageId: 'smpp-2', isDelivered: true, state: 'DELIVRD' })
    expect([await row(one), await row(two)]).toMatchObject([{ state: 'delivered' }, { state: 'undelivered', fault: 'REJECTD' }])
  })
})
