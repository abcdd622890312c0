import { describe, expect, it } from 'vitest'
import { anOfficer } from '../../support/officers.ts'
import { createOtpLab } from '../../support/otp-lab.ts'

const MINUTE_MS = 60_000
const SMS = 'sms: {order: [http], http: {url: "https://sms.example/send"}}'
const HOME = '203.0.113.7'
const { bhxhCode } = anOfficer('known')
const otherThan = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

async function createStrangerLab(config = '') {
  const lab = await createOtpLab(`${SMS}\n${config}`)
  await lab.addOfficer('known')
  const verifyFrom = (source: string, requestId: string, code: string) =>
    lab.post('/v1/otp/verifications', lab.as.portal, { requestId, code, source })
  const askFrom = async (source: string) => {
    const answer = await lab.ask(bhxhCode, source)
    return { status: answer.statusCode, ...answer.json<{ requestId: string; code?: string; facts?: object }>() }
  }
  /** The officer's own walk; the status of the last answer. */
  const getRight = async (source = HOME) => {
    const { status, requestId } = await askFrom(source)
    if (status !== 202) return status
    return (await verifyFrom(source, requestId, await lab.newestCode())).statusCode
  }
  /** A stranger with many addresses: asks and tries as long as anything lets him; how many tries were judged. */
  const attack = async (rounds: number) => {
    let wrong = 0
    for (let round = 0; round < rounds; round += 1) {
      const source = `198.51.${round >> 8}.${round & 255}`
      const { requestId } = await askFrom(source)
      for (let attempt = 0; requestId !== undefined && attempt < 5; attempt += 1)
        if ((await verifyFrom(source, requestId, otherThan(await lab.newestCode()))).json().code === 'OTP_WRONG') wrong += 1
      lab.clock.moveBy(4 * MINUTE_MS)
    }
    return wrong
  }
  return { ...lab, askFrom, verifyFrom, getRight, attack }
}

describe('whoever knows the number of an officer', () => {
  it('keeps out himself, and not the officer where he has asked before', async () => {
    const { getRight, attack, askFrom, clock } = await createStrangerLab()
    expect(await getRight()).toBe(200)
    clock.moveBy(MINUTE_MS)
    // NIST SP 800-63B: no more than a hundred guesses; each has one chance in a million.
    expect(await attack(40)).toBeLessThanOrEqual(50)
    expect(await askFrom('198.51.100.200')).toMatchObject({ status: 429, code: 'OTP_LOCKED', facts: { scope: 'officer' } })
    expect(await getRight()).toBe(200)
  })

  it('uses up the messages of strangers, and none of the officer’s', async () => {
    const { getRight, askFrom, clock, sms } = await createStrangerLab()
    expect(await getRight()).toBe(200)
    const before = sms.taken.length
    for (let at = 0; at < 60; at += 1) {
      clock.moveBy(30_000)
      await askFrom(`198.51.100.${at}`)
    }
    expect(sms.taken.length - before).toBeLessThanOrEqual(8)
    expect(await getRight()).toBe(200)
  })

  it('does not take the officer’s code away by asking for another', async () => {
    const { askFrom, verifyFrom, newestCode } = await createStrangerLab()
    const { requestId } = await askFrom(HOME)
    const code = await newestCode()
    expect((await askFrom('198.51.100.1')).status).toBe(202)
    expect((await verifyFrom(HOME, requestId, code)).statusCode).toBe(200)
  })

  it('is told of: in the audit log, in the metrics, and to the officer by SMS, once', async () => {
    const { attack, context, app, sms, logLines } = await createStrangerLab()
    await attack(5)
    await context.otp.sms.work()
    const audit = await context.store.read((db) =>
      db.selectFrom('audit').selectAll().where('action', '=', 'otp.attack').execute(),
    )
    expect(audit).toHaveLength(1)
    expect((await app.inject('/metrics')).body).toMatch(/edgeward_control_otp_total\{end="attack"\} 1/)
    expect(sms.taken.filter(({ text }) => text.startsWith('Có người đang thử'))).toHaveLength(1)
    const said = logLines.filter((line) => line.includes('many wrong codes'))
    expect(said).toHaveLength(1)
    expect(said.join()).not.toContain(bhxhCode)
  })

  it('cannot keep an officer out who asks from an office that is listed, even for the first time', async () => {
    const { attack, getRight } = await createStrangerLab('otp: {officeSources: ["203.0.113.0/24"]}')
    await attack(40)
    expect(await getRight()).toBe(200)
    expect(await getRight('192.0.2.1')).toBe(429)
  })

  it('locks an address that tries one number after the other', async () => {
    const { ask, verifyFrom, clock } = await createStrangerLab('otp: {wrongPerSource: 12, perSourceQuarterHour: 1000}')
    const ends: unknown[] = []
    for (let at = 0; at < 4; at += 1) {
      const { requestId } = (await ask(anOfficer(`nobody ${at}`).bhxhCode)).json<{ requestId?: string }>()
      for (let attempt = 0; requestId !== undefined && attempt < 4; attempt += 1)
        ends.push((await verifyFrom(HOME, requestId, '000000')).json().code)
      clock.moveBy(1000)
    }
    expect(ends.indexOf('OTP_LOCKED')).toBe(11)
    expect((await ask(bhxhCode)).json()).toMatchObject({ code: 'OTP_LOCKED', facts: { scope: 'source' } })
  })
})
