import { describe, expect, it } from 'vitest'
import { createControlAppSetup } from '../../support/control-app.ts'
import { START_MS } from '../../support/registrations.ts'

const BODY = {
  facility: '01234',
  facilityName: 'Trạm y tế xã mẫu 01234',
  province: '01',
  block: '14.160.12.34',
  dispatch: '11/BHXH-CNTT',
}

async function aDesk() {
  const { app, as, clock } = await createControlAppSetup({ startMs: START_MS })
  const ask = async (person: keyof typeof as, method: 'GET' | 'POST', url: string, payload?: object, headers: object = {}) => {
    const answer = await app.inject({
      method,
      url,
      headers: { ...as[person], ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>(), headers: answer.headers }
  }
  return {
    clock,
    ask,
    register: (changed: object = {}) => ask('operator', 'POST', '/v1/registrations', { ...BODY, ...changed }),
  }
}

describe('/v1/registrations', () => {
  it('takes a registration from the asking to the end, with its history', async () => {
    const { ask, register } = await aDesk()
    const made = await register({
      effectiveFrom: '2024-08-01',
      carrier: 'VNPT',
      place: 'Xã mẫu',
      effectiveUntil: '2025-08-01T00:00:00+07:00',
    })
    expect([made.status, made.headers.location, made.headers.etag]).toEqual([201, '/v1/registrations/1', '"1"'])
    expect(made.body).toMatchObject({
      id: 1,
      state: 'registered',
      block: '14.160.12.34',
      effectiveFrom: '2024-08-01T00:00:00+07:00',
      effectiveUntil: '2025-08-01T00:00:00+07:00',
      provinceAt: '2024-07-27T00:00:00+07:00',
      registered: { by: 'operator-1', dispatch: '11/BHXH-CNTT' },
      approved: null,
      shared: null,
    })
    await ask('operator', 'POST', '/v1/registrations/1/endorse', { dispatch: '11/BHXH-CNTT' })
    const approved = await ask('approver', 'POST', '/v1/registrations/1/approve', { dispatch: '12/CNTT' }, { 'if-match': '"2"' })
    expect([approved.status, approved.headers.etag, approved.body.state]).toEqual([200, '"3"', 'approved'])
    const revoked = await ask('operator', 'POST', '/v1/registrations/1/revoke', {
      dispatch: '13/CNTT',
      reason: 'trả đường truyền',
      facility: '01234',
    })
    expect(revoked.body).toMatchObject({ state: 'revoked', closed: { by: 'operator-1', reason: 'trả đường truyền' } })
    const { body } = await ask('reader', 'GET', '/v1/registrations/1')
    expect((body.history as { step: string }[]).map(({ step }) => step)).toEqual(['register', 'endorse', 'approve', 'revoke'])
  })

  it('keeps no identifier of a citizen, whoever writes one down', async () => {
    const { ask, register } = await aDesk()
    const citizen = Array.from({ length: 12 }, (_, i) => i % 10).join('')
    const made = await register({ facilityName: `Trạm ${citizen}`, carrier: citizen, place: citizen, note: `CCCD ${citizen}` })
    expect(made.body).toMatchObject({ note: `CCCD ${'•'.repeat(12)}`, facilityName: `Trạm ${'•'.repeat(12)}` })
    await ask('operator', 'POST', '/v1/registrations/1/withdraw', { dispatch: '13/CNTT', reason: `nhầm ${citizen}` })
    const kept = [
      await ask('reader', 'GET', '/v1/registrations/1'),
      await ask('reader', 'GET', '/v1/audit'),
      await register({ dispatch: citizen }),
    ]
    expect(kept.map(({ status }) => status)).toEqual([200, 200, 400])
    expect(JSON.stringify(kept.map(({ body }) => body))).not.toContain(citizen)
  })

  it.each<[object, number, string, string]>([
    [{ block: '10.0.0.1' }, 400, 'BLOCK_REFUSED', 'private address'],
    [{ block: '14.160.12.034' }, 400, 'BLOCK_REFUSED', 'leading zero'],
    [{ facility: '1234' }, 400, 'BAD_FIELDS', 'four digits'],
    [{ facility: 1234 }, 400, 'BAD_FIELDS', 'a number'],
    [{ effectiveFrom: '2024-02-30' }, 400, 'PERIOD_REFUSED', 'no such day'],
    [{ effectiveFrom: '2024-08-01T00:00:00' }, 400, 'PERIOD_REFUSED', 'no offset'],
    [{ effectiveUntil: '2024-07-01' }, 400, 'PERIOD_REFUSED', 'over already'],
    [{ province: '99' }, 400, 'PROVINCE_UNKNOWN', 'no such province'],
    [{ shared: { reason: 'vì' } }, 400, 'BAD_FIELDS', 'a reason that is none'],
    [{ dispatch: 'a\tb' }, 400, 'BAD_FIELDS', 'a dispatch that cannot stand in a list'],
    [{ place: 'x\u0000' }, 400, 'BAD_FIELDS', 'control character'],
    [{ approvedBy: 'me' }, 400, 'BAD_FIELDS', 'unknown field'],
  ])('refuses %j with %i %s: %s', async (changed, status, code, _reason) => {
    const { register, ask } = await aDesk()
    const refused = await register(changed)
    expect([refused.status, refused.body.code]).toEqual([status, code])
    expect((await ask('reader', 'GET', '/v1/registrations')).body.items).toEqual([])
  })

  it('shows both sides of a conflict, in both languages, and takes the explicit exception', async () => {
    const { register } = await aDesk()
    await register()
    const refused = await register({ facility: '79001', block: '14.160.12.32/29' })
    expect(refused.status).toBe(409)
    expect(refused.body).toMatchObject({
      code: 'HELD_BY_ANOTHER',
      facts: {
        claim: { facility: '79001', block: '14.160.12.32/29' },
        holders: [{ id: 1, facility: '01234', block: '14.160.12.34' }],
      },
    })
    expect(refused.body.detailVi).toContain('01234')
    const shared = await register({ facility: '79001', shared: { reason: 'chung máy chủ của nhà cung cấp' } })
    expect(shared.body).toMatchObject({
      shared: { reason: 'chung máy chủ của nhà cung cấp' },
      overlaps: [{ id: 1, facility: '01234' }],
    })
  })

  it('refuses the second of two people on one version, the same person, the wrong state and the wrong role', async () => {
    const { ask, register } = await aDesk()
    await register()
    expect((await ask('reader', 'POST', '/v1/registrations/1/endorse', { dispatch: '1/X' })).body.code).toBe('FORBIDDEN')
    expect((await ask('operator', 'POST', '/v1/registrations/1/approve', { dispatch: '1/X' })).body.code).toBe('FORBIDDEN')
    expect((await ask('approver', 'POST', '/v1/registrations/1/approve', { dispatch: '1/X' })).body.code).toBe('WRONG_STATE')
    await ask('approver', 'POST', '/v1/registrations/1/endorse', { dispatch: '1/X' })
    const same = await ask('approver', 'POST', '/v1/registrations/1/approve', { dispatch: '1/X' })
    expect([same.status, same.body.code]).toEqual([409, 'SAME_PERSON'])
    const late = await ask('otherApprover', 'POST', '/v1/registrations/1/approve', { dispatch: '1/X' }, { 'if-match': '"1"' })
    expect([late.status, late.body.code]).toEqual([412, 'VERSION_CHANGED'])
    expect(
      (await ask('otherApprover', 'POST', '/v1/registrations/1/approve', { dispatch: '1/X' }, { 'if-match': '"2"' })).status,
    ).toBe(200)
    expect((await ask('reader', 'GET', '/v1/registrations/7')).status).toBe(404)
  })

  it('lists by facility, province, state, text and address, a page at a time', async () => {
    const { ask, register } = await aDesk()
    await register()
    await register({ facility: '79001', province: '79', block: '14.160.13.0/24' })
    await register({ facility: '79002', province: '79', block: '2402:800:61::7' })
    await ask('operator', 'POST', '/v1/registrations/3/withdraw', { dispatch: '1/X', reason: 'nhầm' })
    const ids = async (query: string) =>
      ((await ask('reader', 'GET', `/v1/registrations?${query}`)).body.items as { id: number }[]).map(({ id }) => id)
    expect(await ids('facility=79001')).toEqual([2])
    expect(await ids('province=79')).toEqual([2, 3])
    expect(await ids('state=withdrawn')).toEqual([3])
    expect(await ids('contains=160.1')).toEqual([1, 2])
    expect(await ids('address=14.160.13.200')).toEqual([2])
    expect(await ids('address=14.160.12.0/23')).toEqual([1, 2])
    expect(await ids('shared=true')).toEqual([])
    const page = await ask('reader', 'GET', '/v1/registrations?limit=2')
    expect(page.body.next).toBe('2')
    expect(await ids(`limit=2&after=${String(page.body.next)}`)).toEqual([3])
    expect((await ask('reader', 'GET', '/v1/registrations?address=nowhere')).body.code).toBe('BLOCK_REFUSED')
  })
})

describe('/v1/audit', () => {
  it('lists the chain a page at a time and by target', async () => {
    const { ask, register } = await aDesk()
    await register()
    await ask('operator', 'POST', '/v1/registrations/1/endorse', { dispatch: '11/BHXH' })
    const all = (await ask('reader', 'GET', '/v1/audit?limit=1000')).body.items as {
      seq: number
      previous: string
      hash: string
    }[]
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_entry, index) => index + 1))
    expect(all.slice(1).map(({ previous }) => previous)).toEqual(all.slice(0, -1).map(({ hash }) => hash))
    const own = await ask('reader', 'GET', '/v1/audit?target=registration/1')
    expect((own.body.items as { action: string; dispatch: string }[]).map(({ action, dispatch }) => [action, dispatch])).toEqual([
      ['registration.register', '11/BHXH-CNTT'],
      ['registration.endorse', '11/BHXH'],
    ])
    const first = await ask('reader', 'GET', '/v1/audit?limit=1')
    expect(first.body.next).toBe('1')
  })
})
