import { describe, expect, it } from 'vitest'
import { createControlAppSetup } from '../../support/control-app.ts'
import { anOfficer } from '../../support/officers.ts'
import { createOtpLab } from '../../support/otp-lab.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

async function createPageLab() {
  const lab = await createOtpLab()
  const first = await lab.app.inject({ url: '/otp' })
  const cookie = String(first.headers['set-cookie']).split(';')[0] ?? ''
  const form = /name="form" value="([^"]+)"/.exec(first.body)?.[1] ?? ''
  const send = (url: string, fields: Record<string, string>, headers: object = {}) =>
    lab.app.inject({
      method: 'POST',
      url,
      headers: { ...FORM, cookie, ...headers },
      payload: new URLSearchParams({ form, ...fields }).toString(),
    })
  return { ...lab, first, send }
}

describe('the page of one-time codes', () => {
  it('works without script, in Vietnamese first, on a narrow screen, and keeps to itself', async () => {
    const { first } = await createPageLab()
    expect(first.statusCode).toBe(200)
    expect(first.body).toMatch(/^<!doctype html>\n<html lang="vi">/)
    expect(first.body).not.toMatch(/<script| style=| on[a-z]+=/)
    expect(first.body).toContain('width=device-width')
    for (const [, id] of first.body.matchAll(/<label for="([^"]+)"/g)) expect(first.body).toContain(`id="${id}"`)
    expect(String(first.headers['set-cookie'])).toMatch(/; Path=\/otp; HttpOnly; SameSite=Strict$/)
    expect(first.headers['content-security-policy']).toContain("default-src 'none'")
    expect(first.headers['cache-control']).toBe('no-store')
  })

  it.each<[string, object, Record<string, string>]>([
    ['a form of another site', { 'sec-fetch-site': 'cross-site' }, {}],
    ['one without cookie', { cookie: '' }, {}],
    ['one with the cookie of another browser', { cookie: `edgeward_otp=${'a'.repeat(24)}` }, {}],
    ['one with a made-up token', {}, { form: 'a'.repeat(43) }],
  ])('sends no code for %s', async (_what, headers, fields) => {
    const { send, context, sms, addOfficer } = await createPageLab()
    await addOfficer('known')
    const before = sms.taken.length
    const answer = await send('/otp', { bhxh: anOfficer('known').bhxhCode, ...fields }, headers)
    await context.otp.sms.work()
    expect([answer.statusCode, sms.taken.length - before, answer.body.includes('role="alert"')]).toEqual([403, 0, true])
  })

  it('tells faults beside the form, and writes nothing of what was sent into the page unescaped', async () => {
    const { send } = await createPageLab()
    const short = await send('/otp', { bhxh: '<b>1' })
    expect([short.statusCode, short.body.includes('Mã số BHXH có 10 chữ số.'), short.body.includes('<b>1')]).toEqual([
      400,
      true,
      false,
    ])
    const stale = await send('/otp/code', { request: '"><script>', code: '123456' })
    expect([stale.statusCode, stale.body.includes('<script>')]).toEqual([410, false])
    const asked = await send('/otp', { bhxh: anOfficer('nobody').bhxhCode })
    expect([asked.statusCode, asked.body.includes('autocomplete="one-time-code"')]).toEqual([200, true])
    const again = await send('/otp', { bhxh: anOfficer('nobody').bhxhCode })
    expect([again.statusCode, again.body.includes('Hãy chờ 60 giây')]).toEqual([429, true])
  })

  it('warns before anything is asked while no gateway is up, and says so where none is set up', async () => {
    const { app, sms } = await createPageLab()
    sms.turn(false)
    expect((await app.inject({ url: '/otp' })).body).toContain('Cổng gửi SMS đang gián đoạn')
    const bare = await createControlAppSetup()
    const off = await bare.app.inject({ url: '/otp' })
    expect([off.statusCode, off.body.includes('<form'), off.body.includes('chưa cấu hình cổng gửi SMS')]).toEqual([
      200,
      false,
      true,
    ])
  })

  it('takes no other body, and none that is large', async () => {
    const { app, send } = await createPageLab()
    expect(
      (await app.inject({ method: 'POST', url: '/otp', headers: { 'content-type': 'application/json' }, payload: '{}' }))
        .statusCode,
    ).toBe(403)
    expect((await send('/otp', { bhxh: '1'.repeat(5000) })).statusCode).toBe(413)
    expect((await app.inject({ url: '/otp/code' })).headers.location).toBe('/otp')
  })
})
