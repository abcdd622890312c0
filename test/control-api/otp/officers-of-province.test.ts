import { expect, it } from 'vitest'
import { anOfficer } from '../../support/officers.ts'
import { createOtpLab, DISPATCH } from '../../support/otp-lab.ts'

interface Officers {
  items: { id: string; province: string; state: string }[]
}

/** An officer on the list of each of three provinces: 79, where the operator and approver are for, 74, which became 79 at the merger, and 01. */
async function createProvinceLab() {
  const lab = await createOtpLab()
  const { app, post, as, context } = lab
  const operator = await lab.token('operator-79', 'operator', '79')
  const approver = await lab.token('approver-79', 'approver', '79')
  const enter = async (word: string, province: string, who: object = as.operator) =>
    post('/v1/otp/officers', who, { ...anOfficer(word, province), dispatch: DISPATCH })
  const own = (await enter('own', '79')).json<{ id: string }>().id
  const before = (await enter('before', '79')).json<{ id: string }>().id
  const foreign = (await enter('foreign', '01')).json<{ id: string }>().id
  // It was entered before the merger.
  await context.store.transact({ person: 'test', role: 'system' }, async (tx) => {
    await tx.db.updateTable('otp_officer').set({ province: '74' }).where('id', '=', before).execute()
    await tx.audit({ action: 'test.move', target: before })
  })
  const get = async (url: string, headers: object) => app.inject({ url, headers: { ...headers } })
  const ids = async (url: string, headers: object) =>
    (await get(url, headers))
      .json<Officers>()
      .items.map(({ id }) => id)
      .sort()
  return { ...lab, operator, approver, enter, own, before, foreign, get, ids }
}

const OTHER = { status: 403, code: 'OTHER_PROVINCE', province: '79' }

it('an operator and an approver of a province see its officers alone, under the code before the merger as well', async () => {
  const { ids, get, operator, approver, as, own, before, foreign } = await createProvinceLab()
  for (const who of [operator, approver]) expect(await ids('/v1/otp/officers', who)).toEqual([own, before].sort())
  expect(await ids('/v1/otp/officers?province=79', operator)).toEqual([own])
  expect(await ids('/v1/otp/officers', as.operator)).toEqual([own, before, foreign].sort())
  expect((await get('/v1/otp/officers?province=01', operator)).json()).toMatchObject({
    ...problem(OTHER),
    errors: [{ path: '/querystring/province' }],
  })
})

it('they enter, import, approve, refuse, revoke and unlock for their own province, and are told whom to ask for another', async () => {
  const { post, app, enter, ids, operator, approver, as, own, foreign } = await createProvinceLab()
  expect((await enter('more', '79', operator)).statusCode).toBe(201)
  const refused = (await enter('less', '01', operator)).json<{ detail: string; detailVi?: string }>()
  expect(refused).toMatchObject({ ...problem(OTHER), errors: [{ path: '/body/province' }] })
  expect(JSON.stringify(refused)).toContain('central IT')
  const another = { ...anOfficer('another'), province: '79', dispatch: DISPATCH }
  expect((await post('/v1/otp/officers', operator, another)).json()).toMatchObject({
    ...problem(OTHER),
    errors: [{ path: '/body/account' }],
  })

  const { name, bhxhCode, phone, account } = anOfficer('listed', '79')
  const payload = `Họ tên,Mã số BHXH,Số điện thoại,Tài khoản\n${name},${bhxhCode},${phone},${account}\n`
  const headers = { ...operator, 'content-type': 'text/csv' }
  const importTo = async (province: string) =>
    (
      await app.inject({
        method: 'POST',
        url: `/v1/otp/officers/import?province=${province}&dispatch=${DISPATCH}`,
        headers,
        payload,
      })
    ).json()
  expect(await importTo('01')).toMatchObject({ ...problem(OTHER), errors: [{ path: '/querystring/province' }] })
  expect(await importTo('79')).toMatchObject({ taken: true })

  const end = { dispatch: DISPATCH, reason: 'moved to another office' }
  for (const [step, body] of [
    ['approve', { dispatch: DISPATCH }],
    ['refuse', end],
    ['revoke', end],
    ['unlock', { reason: 'called back' }],
  ] as const) {
    const answer = (await post(`/v1/otp/officers/${foreign}/${step}`, approver, body)).json()
    expect(answer, step).toMatchObject({ ...problem(OTHER), errors: [{ path: '/params/id' }] })
  }
  expect(await ids('/v1/otp/officers?province=01&state=waiting', as.operator)).toEqual([foreign])
  expect((await post(`/v1/otp/officers/${own}/approve`, approver, { dispatch: DISPATCH })).statusCode).toBe(204)
  expect((await post(`/v1/otp/officers/${own}/unlock`, approver, { reason: 'called back' })).json()).toMatchObject({
    code: 'CONFLICT',
  })
  expect((await post(`/v1/otp/officers/${own}/revoke`, approver, end)).statusCode).toBe(204)
})

it('they see and end grants of their own province alone', async () => {
  const { post, get, ask, verify, newestCode, operator, approver, as, own, foreign } = await createProvinceLab()
  for (const [id, word] of [
    [own, 'own'],
    [foreign, 'foreign'],
  ] as const) {
    await post(`/v1/otp/officers/${id}/approve`, as.approver, { dispatch: DISPATCH })
    const { requestId } = (await ask(anOfficer(word).bhxhCode)).json<{ requestId: string }>()
    expect((await verify(requestId, await newestCode())).statusCode).toBe(200)
  }
  const grantsOf = async (who: object) =>
    (await get('/v1/otp/grants', who)).json<{ grants: { id: string; officer: string }[] }>().grants
  expect((await grantsOf(operator)).map(({ officer }) => officer)).toEqual([own])
  const all = await grantsOf(as.operator)
  expect(all.map(({ officer }) => officer).sort()).toEqual([own, foreign].sort())
  for (const { id, officer } of all) {
    const answer = await post(`/v1/otp/grants/${id}/revoke`, approver, { reason: 'lost the phone' })
    expect(answer.statusCode, officer).toBe(officer === own ? 204 : 403)
  }
  expect((await grantsOf(as.operator)).map(({ officer }) => officer)).toEqual([foreign])
})

it('a token for one province reaches nothing that is done for all', async () => {
  const { get, operator } = await createProvinceLab()
  for (const url of ['/v1/tokens', '/v1/audit', '/v1/revisions', '/v1/sms', '/v1/agents']) {
    const answer = (await get(url, operator)).json<{ detail: string }>()
    expect(answer, url).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect(answer.detail).toContain('for the province 79 alone')
  }
})

function problem({ status, code, province }: typeof OTHER) {
  return { status, code, facts: { province } }
}
