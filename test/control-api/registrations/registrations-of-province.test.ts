import { expect, it } from 'vitest'
import { createControlAppSetup } from '../../support/control-app.ts'

const BODY = { facilityName: 'Trạm y tế xã mẫu', dispatch: '11/BHXH-CNTT' }
const ENDORSED = { dispatch: '12/BHXH-CNTT' }
const END = { dispatch: '13/BHXH-CNTT', reason: 'nhập sai' }

/** An address of each of three units: of province 79, of 74, which became 79 at the merger, and of 01. */
async function aDesk() {
  const setup = await createControlAppSetup({ startMs: Date.parse('2026-03-02T00:00:00Z') })
  const { app, as, context } = setup
  const who = {
    ...as,
    operator79: await setup.token('an-79', 'operator', '79'),
    approver79: await setup.token('binh-79', 'approver', '79'),
  }
  const ask = async (person: keyof typeof who, method: 'GET' | 'POST', url: string, payload?: object) => {
    const answer = await app.inject({ method, url, headers: { ...who[person] }, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>(), text: answer.body }
  }
  const register = (person: keyof typeof who, facility: string, province: string, block: string, more: object = {}) =>
    ask(person, 'POST', '/v1/registrations', { ...BODY, facility, province, block, ...more })
  const idOf = ({ body }: { body: Record<string, unknown> }) => Number(body.id)
  const own = idOf(await register('operator', '79001', '79', '14.160.12.1'))
  const before = idOf(await register('operator', '74001', '79', '14.160.12.2'))
  const foreign = idOf(await register('operator', '01001', '01', '14.160.12.3'))
  await context.store.transact({ person: 'test', role: 'system' }, async (tx) => {
    await tx.db.updateTable('registration').set({ province: '74' }).where('id', '=', before).execute()
    await tx.audit({ action: 'test.move', target: 'test' })
  })
  const ids = async (person: keyof typeof who, query = '') =>
    ((await ask(person, 'GET', `/v1/registrations${query}`)).body.items as { id: number }[]).map(({ id }) => id)
  return { ask, register, ids, own, before, foreign }
}

it('an operator and an approver of a province see its registrations alone', async () => {
  const { ask, ids, own, before, foreign } = await aDesk()
  for (const person of ['operator79', 'approver79'] as const) {
    expect(await ids(person)).toEqual([own, before])
    expect(await ids(person, '?address=14.160.12.0/24')).toEqual([own, before])
    expect((await ask(person, 'GET', '/v1/registrations?province=01')).body).toMatchObject({ code: 'OTHER_PROVINCE' })
    expect((await ask(person, 'GET', `/v1/registrations/${foreign}`)).body).toMatchObject({ code: 'OTHER_PROVINCE' })
    expect((await ask(person, 'GET', `/v1/registrations/${before}`)).status).toBe(200)
  }
  expect(await ids('operator')).toEqual([own, before, foreign])
})

it('they register, endorse, refuse and withdraw what is of the province, and central IT opens and closes', async () => {
  const { ask, register, own, before, foreign } = await aDesk()
  expect((await register('operator79', '79002', '79', '14.160.13.1')).status).toBe(201)
  for (const [facility, province] of [
    ['79002', '01'],
    ['01002', '79'],
  ] as const)
    expect((await register('operator79', facility, province, '14.160.13.2')).body).toMatchObject({ code: 'OTHER_PROVINCE' })
  for (const [step, payload] of [
    ['endorse', ENDORSED],
    ['refuse', END],
  ] as const)
    expect((await ask('approver79', 'POST', `/v1/registrations/${foreign}/${step}`, payload)).body).toMatchObject({
      code: 'OTHER_PROVINCE',
    })
  expect((await ask('operator79', 'POST', `/v1/registrations/${own}/endorse`, ENDORSED)).body).toMatchObject({
    state: 'endorsed',
  })
  for (const step of ['approve', 'revoke'])
    expect((await ask('approver79', 'POST', `/v1/registrations/${own}/${step}`, END)).status).toBe(403)
  expect((await ask('approver', 'POST', `/v1/registrations/${own}/approve`, ENDORSED)).body).toMatchObject({ state: 'approved' })
  expect((await ask('operator79', 'POST', `/v1/registrations/${before}/withdraw`, END)).body).toMatchObject({
    state: 'withdrawn',
  })
})

it('they are told of units of other provinces only that there is one', async () => {
  const { ask, register, own } = await aDesk()
  const taken = await register('operator79', '79003', '79', '14.160.12.3')
  expect(taken.body).toMatchObject({ code: 'HELD_BY_ANOTHER', facts: { holders: [] } })
  expect(taken.text).toContain('Trung tâm CNTT')
  expect(taken.text).not.toContain('01001')
  const named = await register('operator79', '79003', '79', '14.160.12.1')
  expect(named.body).toMatchObject({ code: 'HELD_BY_ANOTHER', facts: { holders: [{ facility: '79001' }] } })
  await register('operator', '01009', '01', '14.160.12.1', { shared: { reason: 'chung một nhà' } })
  const overlaps = async (person: 'operator' | 'operator79') =>
    ((await ask(person, 'GET', `/v1/registrations/${own}`)).body.overlaps as unknown[]).length
  expect([await overlaps('operator'), await overlaps('operator79')]).toEqual([1, 0])
})
