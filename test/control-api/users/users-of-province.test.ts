import { expect, it } from 'vitest'
import { createConsoleBrowser } from '../../support/console-browser.ts'
import { citizenIdOf, createUsersLab, DISPATCH } from '../../support/users-lab.ts'

/** Users of two provinces: 1 of 24, 2 and 3 of 79. Operator and approver are for 24 alone. */
async function createProvinceLab() {
  const lab = await createUsersLab()
  const { app } = lab
  const operator = await lab.token('operator-24', 'operator', '24')
  const approver = await lab.token('approver-24', 'approver', '24')
  await lab.grant('approver-24', 900)
  await lab.grant('approver-24', 901, '79')
  const own = await lab.enter(1)
  const foreign = await lab.enter(2, { facility: '79001', province: '79' })
  const post = async (url: string, headers: object, payload: object) =>
    (await app.inject({ method: 'POST', url, headers: { ...headers }, payload })).json<Record<string, unknown>>()
  const get = async (url: string, headers: object) =>
    (await app.inject({ url, headers: { ...headers } })).json<Record<string, unknown> & { items: { id: number }[] }>()
  const entry = (citizen: number, more: object) => ({
    facility: '24001',
    province: '24',
    name: 'Nguyễn Văn Mẫu',
    citizenId: citizenIdOf(citizen),
    rights: ['lookup'],
    dispatch: DISPATCH,
    ...more,
  })
  const send = async (rows: readonly string[], headers: object, query = '') =>
    (
      await app.inject({
        method: 'POST',
        url: `/v1/imports?form=01/dk-ctn&dispatch=${DISPATCH}${query}`,
        headers: { ...headers, 'content-type': 'text/csv' },
        payload: `${['STT,Họ và tên,Số CCCD,Mã CSKCB,Quyền,Mã tỉnh,Loại', ...rows].join('\n')}\n`,
      })
    ).json<Record<string, unknown> & { importId: string; verdicts: { row: number; verdict: string; code: string | null }[] }>()
  return { ...lab, operator, approver, own, foreign, post, get, entry, send }
}

const row = (citizen: number, facility: string, province: string, section = 'Thêm mới') =>
  `1,Nguyễn Văn Mẫu,${citizenIdOf(citizen)},${facility},tra cứu thẻ,${province},${section}`

const problem = (path: string) => ({
  status: 403,
  code: 'OTHER_PROVINCE',
  facts: { province: '24' },
  errors: [{ path }],
  detail: expect.stringContaining('central IT') as unknown,
})

it('an operator and an approver of a province see, enter, approve and end its users alone', async () => {
  const { operator, approver, own, foreign, post, get, entry, as } = await createProvinceLab()
  for (const who of [operator, approver]) {
    expect((await get('/v1/users', who)).items.map(({ id }) => id)).toEqual([own])
    expect(await get(`/v1/users/${own}`, who)).toMatchObject({ id: own })
    expect(await get(`/v1/users/${foreign}`, who)).toMatchObject(problem('/params/id'))
    expect(await get('/v1/users?province=79', who)).toMatchObject(problem('/querystring/province'))
  }
  expect((await get('/v1/users', as.operator)).items).toHaveLength(2)

  expect(await post('/v1/users', operator, entry(5, {}))).toMatchObject({ state: 'waiting' })
  expect(await post('/v1/users', operator, entry(6, { province: '79' }))).toMatchObject(problem('/body/province'))
  // A facility of another province under the operator's own.
  expect(await post('/v1/users', operator, entry(6, { facility: '79001' }))).toMatchObject(problem('/body/facility'))

  const end = { dispatch: DISPATCH, reason: 'left the hospital' }
  expect(await post(`/v1/users/${foreign}/approve`, approver, { dispatch: DISPATCH })).toMatchObject(problem('/params/id'))
  for (const step of ['refuse', 'disable', 'cancel'])
    expect(await post(`/v1/users/${foreign}/${step}`, operator, end), step).toMatchObject(problem('/params/id'))
  const change = { rights: ['record'], dispatch: DISPATCH }
  expect(await post(`/v1/users/${foreign}/change`, operator, change)).toMatchObject(problem('/params/id'))
  expect(await get(`/v1/users/${foreign}`, as.operator)).toMatchObject({ state: 'waiting', version: 1 })
  expect(await post(`/v1/users/${own}/approve`, approver, { dispatch: DISPATCH })).toMatchObject({ state: 'active' })
  expect(await post(`/v1/users/${own}/disable`, operator, end)).toMatchObject({ state: 'disabled' })
})

it('an operator of a province enters its approvers alone', async () => {
  const { operator, post, get } = await createProvinceLab()
  const person = { person: 'new', name: 'Trần Thị Mẫu', citizenId: citizenIdOf(950), dispatch: DISPATCH }
  expect(await post('/v1/approvers', operator, { ...person, province: '24' })).toMatchObject({ state: 'waiting' })
  expect(await post('/v1/approvers', operator, { ...person, province: '79' })).toMatchObject(problem('/body/province'))
  expect((await get('/v1/approvers', operator)).items).toHaveLength(2)
  const end = { dispatch: DISPATCH, reason: 'moved away' }
  expect(await post('/v1/approvers/2/revoke', operator, end)).toMatchObject(problem('/params/id'))
  expect(await post('/v1/approvers/1/revoke', operator, end)).toMatchObject({ state: 'revoked' })
})

it('an import has a verdict for each row of another province, and only the own imports are seen', async () => {
  const { operator, approver, as, post, get, entry, send } = await createProvinceLab()
  // On the list of 79 at a facility that is numbered under 24.
  await post('/v1/users', as.operator, entry(3, { province: '79' }))
  const rows = [row(10, '24001', '24'), row(11, '24001', '79'), row(12, '79001', '24'), row(3, '24001', '24', 'Hủy')]
  const made = await send(rows, operator, '&accept=valid')
  expect(made.verdicts.map(({ verdict, code }) => code ?? verdict).sort()).toEqual([
    'ROW_OTHER_PROVINCE',
    'ROW_OTHER_PROVINCE',
    'ROW_OTHER_PROVINCE',
    'add',
  ])
  expect(JSON.stringify(made.verdicts)).toContain('Trung tâm CNTT')
  expect((await get('/v1/users?province=79', as.operator)).items).toHaveLength(2)
  expect(await send([row(13, '24001', '24')], operator, '&province=79')).toMatchObject(problem('/querystring/province'))

  const central = await send([row(14, '24001', '24'), row(15, '79001', '79')], as.operator)
  expect((await get('/v1/imports', operator)).items).toMatchObject([{ importId: made.importId }])
  for (const path of ['', '/verdicts', '/verdicts.csv'])
    expect(await get(`/v1/imports/${central.importId}${path}`, operator)).toMatchObject(problem('/params/id'))
  const order = { importId: central.importId, dispatch: DISPATCH }
  expect(await post('/v1/users/approve', approver, order)).toMatchObject(problem('/body/importId'))
  const refusal = { dispatch: DISPATCH, reason: 'not ours' }
  expect(await post(`/v1/imports/${central.importId}/refuse`, approver, refusal)).toMatchObject(problem('/body/importId'))
  expect(await post('/v1/users/approve', approver, { ...order, importId: made.importId })).toMatchObject({ users: 1 })
})

it('an import of addresses takes a token for all provinces', async () => {
  const { app, operator } = await createProvinceLab()
  const headers = { ...operator, 'content-type': 'text/csv' }
  const answer = await app.inject({
    method: 'POST',
    url: `/v1/imports?dispatch=${DISPATCH}&province=24`,
    headers,
    payload: 'a\n',
  })
  expect(answer.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' })
})

it('the pages show and take what is of the province alone', async () => {
  const { app, operator, approver, own, foreign, entry } = await createProvinceLab()
  const browser = createConsoleBrowser(app)
  const home = await browser.signIn(operator.authorization)
  expect(home.body).toContain('operator 24')
  expect(home.body).toContain('/console/rehearsal')
  expect((await browser.get('/console/rehearsal')).body).toContain('(24, từ 01/07/2025)')
  expect((await browser.get('/console/users?facility=79001')).body).not.toContain('Nguyễn Văn Mẫu')
  expect((await browser.get('/console/users?facility=24001')).body).toContain('Nguyễn Văn Mẫu')
  const form = (more: object) => ({ ...entry(7, more), until: '31/12/2026' })
  const refused = await browser.submit('/console/users/enter', form({ province: '79' }))
  expect([refused.statusCode, refused.body.includes('chỉ dùng cho tỉnh 24')]).toEqual([403, true])
  await browser.get('/console/users')
  expect((await browser.submit('/console/users/enter', form({}))).body).toContain('Đã ghi nhận')
  expect((await browser.get('/console/approvers')).body.match(/approver-24/g)).toHaveLength(1)

  const other = createConsoleBrowser(app)
  await other.signIn(approver.authorization)
  const queue = await other.get('/console/users/waiting')
  expect(queue.body).toContain(`/console/users/${own}/approve`)
  expect(queue.body).not.toContain(`/console/users/${foreign}/approve`)
  expect((await other.submit(`/console/users/${own}/approve`)).body).toContain('Đã phê duyệt')
})
