import { describe, expect, it } from 'vitest'
import type { Sms, SmsSender } from '../../control-api/sms/sms-sender.ts'
import type { MovableClock } from '../support/movable-clock.ts'

/** A gateway with what stands behind it. */
export interface SenderLab {
  readonly sender: SmsSender
  readonly clock: MovableClock
  /** Texts that phones got, oldest first. */
  readonly texts: () => readonly string[]
  /** What the gateway says to the next message. */
  refuseNext(how: 'throttled' | 'temporary' | 'permanent'): void
  /** Takes the gateway away. */
  takeAway(): Promise<void>
}

export function aMessage(clock: MovableClock, fields: Partial<Sms> = {}): Sms {
  return { id: 'sms-1', phone: '84900000001', text: 'Mã OTP: 123456', notAfterMs: clock.nowMs() + 300_000, ...fields }
}

/** What every way to send SMS promises. */
export function describeSmsSenderContract(name: string, create: () => Promise<SenderLab>): void {
  describe(`${name} keeps the contract of SmsSender`, () => {
    it('hands over a message with its accents', async () => {
      const { sender, clock, texts } = await create()
      expect(await sender.send(aMessage(clock))).toMatchObject({ kind: 'accepted', parts: 1 })
      expect(texts()).toEqual(['Mã OTP: 123456'])
      expect(sender.state()).toMatchObject({ isUp: true, fault: undefined })
    })

    it('never hands over what is no longer valid', async () => {
      const { sender, clock, texts } = await create()
      const message = aMessage(clock)
      clock.moveBy(300_000)
      expect(await sender.send(message)).toMatchObject({ kind: 'permanent', code: 'TOO_LATE' })
      expect(texts()).toEqual([])
    })

    it.each(['throttled', 'temporary', 'permanent'] as const)('tells a gateway that says no: %s', async (how) => {
      const lab = await create()
      lab.refuseNext(how)
      expect((await lab.sender.send(aMessage(lab.clock))).kind).toBe(how)
      expect(lab.texts()).toEqual([])
      expect((await lab.sender.send(aMessage(lab.clock))).kind).toBe('accepted')
    })

    it('gives an outcome, and no throw, where the gateway is away', async () => {
      const lab = await create()
      await lab.takeAway()
      const outcome = await lab.sender.send(aMessage(lab.clock))
      expect(outcome.kind).toBe('temporary')
      expect(JSON.stringify(outcome)).not.toMatch(/84900000001|123456/)
      expect(lab.sender.state()).toMatchObject({ isUp: false })
    })
  })
}
