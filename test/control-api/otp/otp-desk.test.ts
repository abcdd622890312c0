import { describe, expect, it } from 'vitest'
import { makeCode } from '../../../control-api/otp/one-time-code.ts'
import { parseGrants } from '../../../rules/grants/grants-document.ts'
import { createSeededBytes } from '../../support/control-app.ts'
import { anOfficer } from '../../support/officers.ts'
import { createOtpLab, DISPATCH } from '../../support/otp-lab.ts'

const MINUTE_MS = 60_000
const otherThan = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

describe('makeCode', () => {
  it('gives six digits, all codes alike, and passes over numbers that would favour some', () => {
    const bytes = createSeededBytes('codes')
    const codes = Array.from({ length: 5000 }, () => makeCode(bytes))
    expect(codes.filter((code) => !/^[0-9]{6}$/.test(code))).toEqual([])
    expect(new Set(codes).size).toBeGreaterThan(4950)
    const tenths = Array.from({ length: 10 }, (_, tenth) => codes.filter((code) => Number(code[0]) === tenth).length)
    for (const count of tenths) expect(Math.abs(count - 500)).toBeLessThan(120)
    const given = [Buffer.from('ffffffff', 'hex'), Buffer.from('00000007', 'hex')]
    expect(makeCode(() => given.shift() ?? Buffer.alloc(4))).toBe('000007')
  })
})

describe('asking for a code', () => {
  it('answers the same for a number on the list and for any other, and sends to the registered phone alone', async () => {
    const lab = await createOtpLab()
    await lab.addOfficer('known')
    const before = lab.sms.taken.length
    const known = await lab.ask(anOfficer('known').bhxhCode)
    const unknown = await lab.ask(anOfficer('unknown').bhxhCode)
    await lab.context.otp.sms.work()
    expect([known.statusCode, unknown.statusCode]).toEqual([202, 202])
    const shapeOf = (body: Record<string, string>) => ({ ...body, requestId: body.requestId?.length })
    expect(shapeOf(known.json())).toEqual(shapeOf(unknown.json()))
    expect(lab.sms.taken.slice(before).map(({ phone }) => phone)).toEqual([`84${anOfficer('known').phone.slice(1)}`])
    // Trying codes ends the same way too.
    const answers = []
    for (const asked of [known, unknown]) {
      const { requestId } = asked.json<{ requestId: string }>()
      const code = otherThan(await lab.newestCode())
      const each = []
      for (let attempt = 1; attempt <= 6; attempt++) {
        const { status, code: end, facts } = (await lab.verify(requestId, code)).json()
        each.push([status, end, facts])
      }
      answers.push(each)
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.map(([, end]) => end)).toEqual([
      'OTP_WRONG',
      'OTP_WRONG',
      'OTP_WRONG',
      'OTP_WRONG',
      'OTP_WRONG',
      'OTP_OVER',
    ])
  })

  it('sends another one after a minute and not before, and the one before is void', async () => {
    const lab = await createOtpLab()
    await lab.addOfficer('known')
    const { bhxhCode } = anOfficer('known')
    const first = (await lab.ask(bhxhCode)).json<{ requestId: string }>()
    const firstCode = await lab.newestCode()
    lab.clock.moveBy(59_000)
    const soon = await lab.ask(bhxhCode)
    expect([soon.statusCode, soon.headers['retry-after'], soon.json().code]).toEqual([429, '1', 'OTP_TOO_SOON'])
    lab.clock.moveBy(1000)
    const second = (await lab.ask(bhxhCode)).json<{ requestId: string }>()
    expect((await lab.verify(first.requestId, firstCode)).json().code).toBe('OTP_OVER')
    expect((await lab.verify(second.requestId, await lab.newestCode())).statusCode).toBe(200)
  })

  it('is limited by source, whatever numbers are tried', async () => {
    const lab = await createOtpLab(
      'sms: {order: [http], http: {url: "https://sms.example/send"}}\notp: {perSourceQuarterHour: 3}',
    )
    for (let at = 0; at < 3; at++) expect((await lab.ask(anOfficer(`n${at}`).bhxhCode)).statusCode).toBe(202)
    expect((await lab.ask(anOfficer('n3').bhxhCode)).json()).toMatchObject({ code: 'OTP_TOO_SOON', facts: { limit: 'source' } })
    expect((await lab.ask(anOfficer('n3').bhxhCode, '203.0.113.8')).statusCode).toBe(202)
  })

  it('sends no code that is older than its validity, however long the gateway was away', async () => {
    const lab = await createOtpLab()
    await lab.addOfficer('known')
    lab.sms.turn(false)
    await lab.ask(anOfficer('known').bhxhCode)
    await lab.context.otp.sms.work()
    lab.clock.moveBy(5 * MINUTE_MS)
    lab.sms.turn(true)
    const before = lab.sms.taken.length
    await lab.context.otp.sms.work()
    expect(lab.sms.taken.length).toBe(before)
  })

  it('says so where no gateway is set up', async () => {
    const lab = await createOtpLab('')
    expect((await lab.ask(anOfficer('known').bhxhCode)).json()).toMatchObject({ status: 409, code: 'OTP_OFF' })
  })

  it.each(['', '123', '12345678901', 'abcdefghij'])('takes no %j for a BHXH number', async (bhxhCode) => {
    const lab = await createOtpLab()
    expect((await lab.ask(bhxhCode.padEnd(10, ' '))).json()).toMatchObject({ status: 400, code: 'BAD_FIELDS' })
  })
})

describe('giving a code back', () => {
  it('works once, within its time, also with a blank in the middle', async () => {
    const lab = await createOtpLab()
    await lab.addOfficer('known')
    const { requestId } = (await lab.ask(anOfficer('known').bhxhCode)).json<{ requestId: string }>()
    const code = await lab.newestCode()
    lab.clock.moveBy(5 * MINUTE_MS - 1)
    const right = await lab.verify(requestId, `${code.slice(0, 3)} ${code.slice(3)}`)
    const nowMs = lab.clock.nowMs()
    expect(right.json()).toEqual({
      grantedAt: new Date(nowMs).toISOString(),
      idleEndsAt: new Date(nowMs + 30 * MINUTE_MS).toISOString(),
      endsAt: new Date(nowMs + 12 * 60 * MINUTE_MS).toISOString(),
    })
    expect((await lab.verify(requestId, code)).json().code).toBe('OTP_OVER')
  })

  it('bears no more tries where they come all at once', async () => {
    const lab = await createOtpLab()
    await lab.addOfficer('known')
    const { requestId } = (await lab.ask(anOfficer('known').bhxhCode)).json<{ requestId: string }>()
    const code = otherThan(await lab.newestCode())
    const answers = await Promise.all(Array.from({ length: 9 }, () => lab.verify(requestId, code)))
    expect(answers.map((answer) => answer.json<{ code: string }>().code).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'OTP_OVER'),
      ...Array.from({ length: 5 }, () => 'OTP_WRONG'),
    ])
  })

  it('comes too late after its time', async () => {
    const lab = await createOtpLab()
    await lab.addOfficer('known')
    const { requestId } = (await lab.ask(anOfficer('known').bhxhCode)).json<{ requestId: string }>()
    const code = await lab.newestCode()
    lab.clock.moveBy(5 * MINUTE_MS)
    expect((await lab.verify(requestId, code)).json().code).toBe('OTP_OVER')
  })

  it('is locked after ten wrong ones from one place, with an end that is said, and an operator can open it', async () => {
    const lab = await createOtpLab()
    const id = await lab.addOfficer('known')
    const { bhxhCode } = anOfficer('known')
    let last = { requestId: '', code: '' }
    const ends: unknown[] = []
    for (let round = 0; round < 2; round++) {
      const { requestId } = (await lab.ask(bhxhCode)).json<{ requestId: string }>()
      last = { requestId, code: await lab.newestCode() }
      for (let attempt = 0; attempt < 5; attempt++) ends.push((await lab.verify(requestId, otherThan(last.code))).json().code)
      lab.clock.moveBy(MINUTE_MS)
    }
    expect(ends).toEqual([...Array.from({ length: 9 }, () => 'OTP_WRONG'), 'OTP_LOCKED'])
    const locked = await lab.ask(bhxhCode)
    expect([locked.statusCode, locked.headers['retry-after']]).toEqual([429, String(29 * 60)])
    expect(locked.json()).toMatchObject({ code: 'OTP_LOCKED', detailVi: 'Nhập sai quá nhiều lần. Tạm khóa trong 29 phút nữa.' })
    const shown = (await lab.app.inject({ url: '/v1/otp/officers', headers: lab.as.reader })).json<{ items: object[] }>()
    expect(shown.items[0]).toMatchObject({ wrongDay: 10, attackers: 1 })
    expect((await lab.post(`/v1/otp/officers/${id}/unlock`, lab.as.operator, { reason: 'called back' })).statusCode).toBe(204)
    expect((await lab.ask(bhxhCode)).statusCode).toBe(202)
  })

  it('gives nothing to who was taken off the list in between', async () => {
    const lab = await createOtpLab()
    const id = await lab.addOfficer('known')
    const { requestId } = (await lab.ask(anOfficer('known').bhxhCode)).json<{ requestId: string }>()
    const code = await lab.newestCode()
    await lab.post(`/v1/otp/officers/${id}/revoke`, lab.as.operator, { dispatch: DISPATCH, reason: 'moved' })
    expect((await lab.verify(requestId, code)).json().code).toBe('OTP_WRONG')
  })
})

describe('the list of officers', () => {
  it('takes another person to approve, tells both by SMS, and ends grants at once when the right is taken', async () => {
    const lab = await createOtpLab()
    const officer = anOfficer('known')
    const { id } = (await lab.post('/v1/otp/officers', lab.as.operator, { ...officer, dispatch: DISPATCH })).json<{
      id: string
    }>()
    expect((await lab.ask(officer.bhxhCode)).statusCode).toBe(202)
    await lab.context.otp.sms.work()
    expect(lab.sms.taken).toEqual([])
    expect((await lab.post(`/v1/otp/officers/${id}/approve`, lab.as.operator, { dispatch: DISPATCH })).statusCode).toBe(403)
    await lab.post(`/v1/otp/officers/${id}/approve`, lab.as.approver, { dispatch: DISPATCH })
    await lab.context.otp.sms.work()
    lab.clock.moveBy(MINUTE_MS)
    const { requestId } = (await lab.ask(officer.bhxhCode)).json<{ requestId: string }>()
    await lab.verify(requestId, await lab.newestCode())
    await lab.context.otp.grants.work()
    expect(lab.context.otp.grants.figures()).toMatchObject({ held: 1, live: 1, version: 1 })
    lab.clock.moveBy(MINUTE_MS)
    await lab.post(`/v1/otp/officers/${id}/revoke`, lab.as.operator, { dispatch: DISPATCH, reason: 'moved' })
    expect(lab.context.otp.grants.figures()).toMatchObject({ held: 0, live: 0, version: 2 })
    await lab.context.otp.sms.work()
    expect(lab.sms.taken.map(({ text }) => text.slice(0, 12))).toEqual(['Anh/chị được', 'Mã OTP tra c', 'Quyền tra cứ'])
  })

  it('holds each BHXH number and account once, shows of numbers their end, and tells all faults at once', async () => {
    const lab = await createOtpLab()
    await lab.addOfficer('known')
    const again = await lab.post('/v1/otp/officers', lab.as.operator, {
      ...anOfficer('known'),
      phone: '0912345678',
      dispatch: DISPATCH,
    })
    expect(again.json()).toMatchObject({ status: 409, code: 'OFFICER_KNOWN' })
    const wrong = { province: '99', name: '1', bhxhCode: '123', phone: '0212345678', account: 'admin', dispatch: DISPATCH }
    const faults = (await lab.post('/v1/otp/officers', lab.as.operator, wrong)).json<{ errors: { path: string }[] }>().errors
    expect(faults.map(({ path }) => path)).toEqual([
      '/body/province',
      '/body/name',
      '/body/bhxhCode',
      '/body/phone',
      '/body/account',
    ])
    const { bhxhCode, phone } = anOfficer('known')
    const list = (await lab.app.inject({ url: '/v1/otp/officers?province=01', headers: lab.as.reader })).json<{
      items: object[]
    }>()
    expect(list.items).toMatchObject([
      { bhxhCode: `•••••••${bhxhCode.slice(-3)}`, phone: `•••••••${phone.slice(-3)}`, state: 'approved', wrongDay: 0 },
    ])
  })

  it('imports a list, with a verdict a row, and takes nothing while one is refused', async () => {
    const lab = await createOtpLab()
    const [one, two] = [anOfficer('one'), anOfficer('two')]
    const rows = [
      'STT,Họ và tên,Mã số BHXH,Số điện thoại,Tài khoản',
      `1,${one.name},${one.bhxhCode},${one.phone},${one.account}`,
      `2,${two.name},${two.bhxhCode},${two.phone.slice(1)},${two.account}`,
      `3,${one.name},${one.bhxhCode},${two.phone},${two.account}`,
    ]
    const send = (accept: string) =>
      lab.app.inject({
        method: 'POST',
        url: `/v1/otp/officers/import?province=01&dispatch=${encodeURIComponent(DISPATCH)}&accept=${accept}`,
        headers: { ...lab.as.operator, 'content-type': 'text/csv' },
        payload: rows.join('\n'),
      })
    const countOf = async () =>
      (await lab.app.inject({ url: '/v1/otp/officers', headers: lab.as.reader })).json<{ items: unknown[] }>().items.length
    const all = (await send('all')).json<{ taken: boolean; verdicts: { row: number; verdict: string; field: string | null }[] }>()
    expect([all.taken, all.verdicts.map(({ row, verdict, field }) => [row, verdict, field])]).toEqual([
      false,
      [
        [2, 'enter', null],
        [3, 'refused', 'phone'],
        [4, 'refused', 'bhxhCode'],
      ],
    ])
    expect(await countOf()).toBe(0)
    expect((await send('valid')).json()).toMatchObject({ taken: true })
    expect(await countOf()).toBe(1)
  })
})

describe('the account of a facility', () => {
  it('has nothing left of a right that had lapsed, whoever looked up after that', async () => {
    const lab = await createOtpLab()
    const account = '01234_BV'
    const { grants } = lab.context.otp
    const ids: string[] = []
    for (const word of ['one', 'two']) {
      const { id } = (
        await lab.post('/v1/otp/officers', lab.as.operator, { ...anOfficer(word), account, dispatch: DISPATCH })
      ).json<{ id: string }>()
      await lab.post(`/v1/otp/officers/${id}/approve`, lab.as.approver, { dispatch: DISPATCH })
      const { requestId } = (await lab.ask(anOfficer(word).bhxhCode)).json<{ requestId: string }>()
      expect((await lab.verify(requestId, await lab.newestCode())).statusCode).toBe(200)
      ids.push(id)
      await grants.work()
      lab.clock.moveBy(31 * MINUTE_MS * (word === 'one' ? 1 : 0) + MINUTE_MS)
    }
    const [{ token } = { token: '' }] = parseGrants((await lab.context.publisher.readSide('grants')) as Uint8Array).grants
    const nowS = Math.floor(lab.clock.nowMs() / 1000)
    expect(grants.takeUses({ sentAt: nowS, uses: [{ token, usedAt: nowS }] }).renewed).toBe(1)
    await lab.post(`/v1/otp/officers/${ids[1]}/revoke`, lab.as.operator, { dispatch: DISPATCH, reason: 'moved' })
    await grants.work()
    expect(grants.figures().live).toBe(0)
  })

  it('may have several officers, and looks up as long as any of them may', async () => {
    const lab = await createOtpLab()
    const account = '01234_BV'
    const ids: string[] = []
    for (const word of ['one', 'two']) {
      const entry = { ...anOfficer(word), account, dispatch: DISPATCH }
      const entered = await lab.post('/v1/otp/officers', lab.as.operator, entry)
      expect(entered.statusCode).toBe(201)
      const { id } = entered.json<{ id: string }>()
      await lab.post(`/v1/otp/officers/${id}/approve`, lab.as.approver, { dispatch: DISPATCH })
      ids.push(id)
      const { requestId } = (await lab.ask(anOfficer(word).bhxhCode)).json<{ requestId: string }>()
      expect((await lab.verify(requestId, await lab.newestCode())).statusCode).toBe(200)
      lab.clock.moveBy(MINUTE_MS)
    }
    const held = async () => {
      lab.clock.moveBy(MINUTE_MS)
      await lab.context.otp.grants.work()
      return lab.context.otp.grants.figures().live
    }
    expect(await held()).toBe(1)
    const revoke = (id = '') =>
      lab.post(`/v1/otp/officers/${id}/revoke`, lab.as.operator, { dispatch: DISPATCH, reason: 'moved' })
    await revoke(ids[1])
    expect(await held()).toBe(1)
    await revoke(ids[0])
    expect(await held()).toBe(0)
    // One of a person stands on one list.
    const { account: own } = anOfficer('three')
    for (const [word, status] of [
      ['three', 201],
      ['four', 409],
    ] as const)
      expect(
        (await lab.post('/v1/otp/officers', lab.as.operator, { ...anOfficer(word), account: own, dispatch: DISPATCH }))
          .statusCode,
      ).toBe(status)
  })
})

it('finds the columns of a list by the titles of the config', async () => {
  const lab = await createOtpLab(
    'sms: {order: [http], http: {url: "https://sms.example/send"}}\notp: {columns: {bhxhCode: [Mã thẻ ngành], phone: [Zalo]}}',
  )
  const { name, bhxhCode, phone, account } = anOfficer('one')
  const send = (header: string) =>
    lab.app.inject({
      method: 'POST',
      url: `/v1/otp/officers/import?province=01&dispatch=${encodeURIComponent(DISPATCH)}`,
      headers: { ...lab.as.operator, 'content-type': 'text/csv' },
      payload: `${header}\n${name},${bhxhCode},${phone},${account}`,
    })
  const missing = await send('Họ tên,Mã BHXH,SĐT,Tài khoản')
  expect([missing.json().code, missing.json().detailVi]).toEqual([
    'WRONG_SHEET',
    'Không có trang tính nào có dòng tiêu đề gồm Họ tên | Mã thẻ ngành | Zalo | Tài khoản.',
  ])
  expect((await send('Họ tên,Mã thẻ ngành,Zalo,Tài khoản')).json()).toMatchObject({ taken: true })
})
