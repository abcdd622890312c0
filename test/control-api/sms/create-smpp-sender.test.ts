import { chmod } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { aMessage, describeSmsSenderContract } from '../../contracts/sms-sender.contract.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { createSmppLab } from '../../support/smpp-lab.ts'
import { until } from '../../support/until.ts'

const STATUS = { throttled: 0x58, temporary: 0x08, permanent: 0x0b } as const

describeSmsSenderContract('createSmppSender', async () => {
  const { sender, centre, clock, untilUp } = await createSmppLab()
  return {
    sender,
    clock,
    texts: () => centre.received.map(({ text }) => text),
    refuseNext: (how) => centre.answerNext(STATUS[how]),
    async takeAway() {
      centre.refuseBinds(true)
      centre.cut()
      await untilUp(false)
    },
  }
})

describe('createSmppSender', () => {
  it('sends a name as sender, an international number, UCS-2, and what is left of the time', async () => {
    const { sender, centre, clock } = await createSmppLab()
    const message = aMessage(clock)
    clock.moveBy(60_000)
    await sender.send(message)
    expect(centre.received).toMatchObject([{ from: 'BHXH', to: '84900000001', dataCoding: 8, part: undefined, validityS: 240 }])
  })

  it('sends plain letters in the GSM alphabet, and long texts in joined parts', async () => {
    const { sender, centre, clock } = await createSmppLab({ hasAccents: false })
    const text = 'Quyền tra cứu đã bị thu hồi. '.repeat(8)
    expect(await sender.send(aMessage(clock, { text }))).toMatchObject({ kind: 'accepted', parts: 2, messageId: 'm2' })
    expect(centre.received.map(({ part, dataCoding }) => [part, dataCoding])).toEqual([
      [[2, 1], 0],
      [[2, 2], 0],
    ])
    expect(centre.received.map((sms) => sms.text).join('')).toBe('Quyen tra cuu da bi thu hoi. '.repeat(8))
  })

  it('binds again after the line was cut, and after log-ins were refused for a while', async () => {
    const { sender, centre, clock, untilUp } = await createSmppLab()
    centre.refuseBinds(true)
    centre.cut()
    await until('the refusal is told', () => (sender.state().fault?.code === 'BIND_REFUSED' ? true : undefined), { everyMs: 5 })
    centre.refuseBinds(false)
    await untilUp(true)
    expect((await sender.send(aMessage(clock))).kind).toBe('accepted')
    expect(centre.bound).toBe(1)
  })

  it('tells of a message without answer that nothing is known, and goes on with others', async () => {
    const { sender, centre, clock } = await createSmppLab({ responseTimeoutS: 1 })
    centre.answerNext('silent')
    const [silent, other] = await Promise.all([sender.send(aMessage(clock)), sender.send(aMessage(clock, { id: 'sms-2' }))])
    expect([silent, other]).toMatchObject([{ kind: 'temporary', code: 'NO_ANSWER' }, { kind: 'accepted' }])
  })

  it('gives a dead line up when signs of life are not answered', async () => {
    const { centre } = await createSmppLab({ enquireLinkS: 1, responseTimeoutS: 1 })
    centre.freeze()
    await until('another log-in', () => (centre.binds > 1 ? true : undefined))
  })

  it('tells receipts', async () => {
    const { sender, centre, clock, receipts } = await createSmppLab()
    await sender.send(aMessage(clock))
    centre.receipt('m1', 'ACCEPTD')
    centre.receipt('m1', 'UNDELIV')
    await until('a receipt', () => receipts[0], { everyMs: 5 })
    expect(receipts).toEqual([{ messageId: 'm1', isDelivered: false, state: 'UNDELIV' }])
  })

  it('speaks TLS with a centre that it can tell, and with no other', async () => {
    const tlsFiles = await selfSigned()
    const { sender, centre, clock } = await createSmppLab({ tlsFiles })
    expect((await sender.send(aMessage(clock))).kind).toBe('accepted')
    expect(centre.received).toHaveLength(1)
    const other = await createSmppLab({ tlsFiles, caFile: (await selfSigned()).caFile, isAwaited: false })
    await until('the fault', () => (other.sender.state().fault?.code === 'CONNECT_FAILED' ? true : undefined), { everyMs: 5 })
    expect(other.centre.bound).toBe(0)
  })

  it('uses no password that others can read, and takes it once they cannot', async () => {
    const { sender, passwordFile, untilUp } = await createSmppLab({ passwordMode: 0o644, isAwaited: false })
    await until('the fault', () => (sender.state().fault?.code === 'SECRET_EXPOSED' ? true : undefined), { everyMs: 5 })
    await chmod(passwordFile, 0o600)
    await untilUp(true)
  })
})

describe('a centre that says: slower', () => {
  it('is left alone for longer each time, by messages that wait beside it too, until it takes one', async () => {
    const { sender, centre, clock, pauses } = await createSmppLab()
    centre.answerNext(STATUS.throttled, STATUS.throttled, 0x14, 0, STATUS.throttled)
    const outcomes = []
    for (let count = 0; count < 5; count += 1) outcomes.push(await sender.send(aMessage(clock)))
    expect(outcomes).toMatchObject([
      { kind: 'throttled', retryAfterMs: 1000 },
      { kind: 'throttled', retryAfterMs: 2000 },
      { kind: 'throttled', retryAfterMs: 4000 },
      { kind: 'accepted' },
      { kind: 'throttled', retryAfterMs: 1000 },
    ])
    expect(pauses).toEqual([1000, 2000, 4000, 1000])
  })

  it('gets the rest of a long message later, and its first part once', async () => {
    const { sender, centre, clock } = await createSmppLab()
    centre.answerNext(0, STATUS.throttled)
    const text = 'Quyền tra cứu đã bị thu hồi. '.repeat(5)
    expect(await sender.send(aMessage(clock, { text }))).toMatchObject({ kind: 'accepted', parts: 3, messageId: 'm3' })
    expect(centre.received.map(({ part }) => part)).toEqual([
      [3, 1],
      [3, 2],
      [3, 3],
    ])
    expect(centre.received.map((sms) => sms.text).join('')).toBe(text)
  })
})
