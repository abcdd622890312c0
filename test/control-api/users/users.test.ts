import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../control-api/audit/verify-audit.ts'
import { enrolAgent } from '../../support/enrolled-agent.ts'
import { citizenIdOf, createUsersLab, DISPATCH } from '../../support/users-lab.ts'

const DAY_MS = 86_400_000

describe('a named user', () => {
  it('is entered by one person, approved by an approver of his province, and told to edges by token alone', async () => {
    const lab = await createUsersLab()
    expect(await lab.signed()).toBeUndefined()
    const id = await lab.enter(1, { rights: ['lookup', 'history'], until: '2026-06-01' })
    expect((await lab.signed())?.find(lab.tokenOf(1))).toBeUndefined()
    expect((await lab.approve(id)).body).toMatchObject({ status: 403, code: 'NOT_APPROVER' })
    await lab.grant()
    expect((await lab.approve(id)).body).toMatchObject({ state: 'active', citizenId: '•••••••••001' })
    const listed = await lab.signed()
    expect(listed?.find(lab.tokenOf(1))).toEqual({
      token: lab.tokenOf(1),
      facility: '24001',
      rights: ['lookup', 'history'],
      state: 'active',
      untilMs: Date.parse('2026-06-01T00:00:00+07:00'),
    })
    expect(listed?.find(lab.tokenOf(1, '24002'))).toBeUndefined()
    expect((await lab.signed())?.version).toBe(listed?.version)
  })

  it('is kept without his citizen ID, and named to officers alone', async () => {
    const lab = await createUsersLab()
    await lab.grant()
    const id = await lab.enter(7)
    await lab.approve(id)
    await lab.post('/v1/users', 'operator', { facility: '24001', citizenId: citizenIdOf(8) })
    expect(await lab.get(`/v1/users/${id}`)).toMatchObject({ name: 'Nguyễn Văn Mẫu' })
    const seen = JSON.stringify(await lab.get('/v1/users', 'reader'))
    expect(seen).toContain('"name":null')
    expect((await lab.signed())?.count).toBe(1)
    const stored = await lab.context.store.read(async (db) =>
      JSON.stringify([
        await db.selectFrom('portal_user').selectAll().execute(),
        await db.selectFrom('user_approver').selectAll().execute(),
        await db.selectFrom('portal_user_token').selectAll().execute(),
      ]),
    )
    const audited = JSON.stringify(await lab.context.store.read((db) => db.selectFrom('audit').selectAll().execute()))
    const published = [...lab.files.entries.values()].map(String).join('')
    for (const text of [stored, audited, published, lab.logLines.join(''), seen]) expect(text).not.toMatch(/0400000000\d\d/)
    for (const text of [audited, published, lab.logLines.join(''), seen]) expect(text).not.toMatch(/Nguyễn|Trần/)
    expect(await verifyAudit(lab.context.store)).toMatchObject({ kind: 'whole' })
  })

  it('is approved by nobody who entered him, nor by himself', async () => {
    const lab = await createUsersLab()
    await lab.grant('approver-1', 900)
    await lab.grant('operator-1', 901)
    const himself = await lab.enter(900)
    expect((await lab.approve(himself)).body).toMatchObject({ code: 'SAME_PERSON' })
    expect((await lab.approve(himself, 'otherApprover')).body).toMatchObject({ code: 'NOT_APPROVER' })
    await lab.grant('approver-2', 902)
    expect((await lab.approve(himself, 'otherApprover')).body).toMatchObject({ state: 'active' })
    const elsewhere = await lab.enter(2, { province: '79', facility: '79001' })
    expect((await lab.approve(elsewhere)).body).toMatchObject({ code: 'NOT_APPROVER', facts: { province: '79' } })
  })

  it('keeps what he has until a change is approved; taking away takes no second person', async () => {
    const lab = await createUsersLab()
    await lab.grant()
    const id = await lab.enter(3)
    await lab.approve(id)
    const rightsNow = async () => (await lab.signed())?.find(lab.tokenOf(3))?.rights
    await lab.post(`/v1/users/${id}/change`, 'operator', { rights: ['lookup', 'record'], dispatch: DISPATCH })
    expect(await rightsNow()).toEqual(['lookup'])
    expect((await lab.get('/v1/users?waiting=true')).items).toMatchObject([{ id, wanted: { rights: ['lookup', 'record'] } }])
    await lab.approve(id)
    expect(await rightsNow()).toEqual(['lookup', 'record'])
    const end = { dispatch: '12/BHXH', reason: 'left the hospital' }
    expect((await lab.post(`/v1/users/${id}/disable`, 'operator', end)).body).toMatchObject({ state: 'disabled' })
    expect((await lab.signed())?.find(lab.tokenOf(3))?.state).toBe('disabled')
    expect((await lab.approve(id)).body).toMatchObject({ code: 'NOTHING_WANTED' })
    await lab.post(`/v1/users/${id}/change`, 'operator', { dispatch: DISPATCH })
    await lab.approve(id)
    expect((await lab.signed())?.find(lab.tokenOf(3))?.state).toBe('active')
    await lab.post(`/v1/users/${id}/cancel`, 'approver', end)
    expect((await lab.signed())?.find(lab.tokenOf(3))).toBeUndefined()
    const { steps } = await lab.get(`/v1/users/${id}`)
    expect((steps as { step: string; dispatch: string }[]).map(({ step, dispatch }) => `${step} ${dispatch}`)).toEqual([
      `enter ${DISPATCH}`,
      `approve ${DISPATCH}`,
      `ask-change ${DISPATCH}`,
      `approve ${DISPATCH}`,
      'disable 12/BHXH',
      `ask-change ${DISPATCH}`,
      `approve ${DISPATCH}`,
      'cancel 12/BHXH',
    ])
  })

  it('stands once on the list of his facility, and begins and ends at his dates', async () => {
    const lab = await createUsersLab()
    await lab.grant()
    const id = await lab.enter(4, { from: '2026-03-05' })
    expect(
      (
        await lab.post('/v1/users', 'operator', {
          facility: '24001',
          province: '24',
          name: 'Nguyễn Văn Mẫu',
          citizenId: citizenIdOf(4),
          rights: ['submit'],
          dispatch: DISPATCH,
        })
      ).body,
    ).toMatchObject({ code: 'USER_LISTED', facts: { user: id } })
    await lab.approve(id)
    expect((await lab.signed())?.count ?? 0).toBe(0)
    lab.clock.moveTo(Date.parse('2026-03-05T00:00:00+07:00'))
    expect((await lab.signed())?.find(lab.tokenOf(4))?.state).toBe('active')
    const wrong = await lab.post('/v1/users', 'operator', {
      facility: '24001',
      province: '24',
      name: '12',
      citizenId: '12345678901x',
      rights: ['submit'],
      dispatch: DISPATCH,
    })
    expect(wrong.body).toMatchObject({ code: 'BAD_FIELDS', errors: [{ path: '/body/name' }, { path: '/body/citizenId' }] })
    expect(JSON.stringify(wrong.body)).not.toContain('12345678901')
    expect(
      (await lab.post(`/v1/users/${id}/change`, 'operator', { until: '2026-01-01', dispatch: DISPATCH })).body,
    ).toMatchObject({ code: 'PERIOD_REFUSED' })
  })
})

describe('accounts without use', () => {
  it('are warned of seven days before and disabled after 45; a use told by an edge keeps them', async () => {
    const lab = await createUsersLab()
    await lab.grant()
    for (const citizen of [5, 6]) await lab.approve(await lab.enter(citizen))
    const agent = await enrolAgent(lab, 'edge-1')
    const tell = async (day: string) => {
      const headers = await agent.authorize('POST', '/v1/user-uses')
      const uses = [
        { token: lab.tokenOf(6), day },
        { token: 'aaaaaaaaaaaaaaaa', day },
      ]
      return (await lab.app.inject({ method: 'POST', url: '/v1/user-uses', headers, payload: { uses } })).json()
    }
    const days: unknown[] = []
    for (let day = 1; day <= 46; day += 1) {
      lab.clock.moveBy(DAY_MS)
      if (day === 30) expect(await tell('2026-04-01')).toEqual({ seen: 1 })
      if (day === 31) expect([await tell('2026-04-01'), await tell('2099-01-01')]).toEqual([{ seen: 0 }, { seen: 0 }])
      const done = await lab.context.users.tendIdle()
      if (done.warned + done.disabled > 0) days.push([day, done])
    }
    expect(days).toEqual([
      [39, { warned: 1, disabled: 0 }],
      [46, { warned: 0, disabled: 1 }],
    ])
    // The tokens of people have expired by then.
    const rows = await lab.context.store.read((db) => db.selectFrom('portal_user').selectAll().orderBy('id').execute())
    expect(rows).toMatchObject([
      { state: 'disabled', end_reason: 'not used for 45 days' },
      { state: 'active', seen_day: '2026-04-01' },
    ])
    expect((await lab.signed())?.find(lab.tokenOf(5))?.state).toBe('disabled')
  })
})

describe('the last use', () => {
  it('is none until an edge tells of one, and the idle days run from the approval all the same', async () => {
    const lab = await createUsersLab()
    await lab.grant()
    const id = await lab.enter(1)
    await lab.approve(id)
    const view = async () => (await lab.get(`/v1/users/${id}`)) as { usedDay: string | null; seenDay: string; idleDays: number }
    expect(await view()).toMatchObject({ usedDay: null, seenDay: '2026-03-02', idleDays: 0 })
    // A use on the very day of the approval is one.
    await lab.context.users.takeUses({ uses: [{ token: lab.tokenOf(1), day: '2026-03-02' }] } as never)
    expect(await view()).toMatchObject({ usedDay: '2026-03-02', seenDay: '2026-03-02' })
    await lab.context.users.takeUses({ uses: [{ token: lab.tokenOf(1), day: '2026-03-01' }] } as never)
    expect(await view()).toMatchObject({ usedDay: '2026-03-02', seenDay: '2026-03-02' })
    lab.clock.moveBy(10 * 86_400_000)
    await lab.context.users.takeUses({ uses: [{ token: lab.tokenOf(1), day: '2026-03-05' }] } as never)
    expect(await view()).toMatchObject({ usedDay: '2026-03-05', seenDay: '2026-03-05', idleDays: 7 })
  })
})

describe('approvers', () => {
  it('are granted by the assessment centre, another person than who entered them, and revoked', async () => {
    const lab = await createUsersLab()
    const id = await lab.grant('approver-1')
    expect((await lab.post(`/v1/approvers/${id}/grant`, 'operator', { dispatch: DISPATCH })).body).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect((await lab.post(`/v1/approvers/${id}/grant`, 'assessor', { dispatch: DISPATCH })).body).toMatchObject({
      code: 'WRONG_STATE',
    })
    const own = { province: '79', person: 'assessor-1', name: 'Lê Mẫu', citizenId: citizenIdOf(9), dispatch: DISPATCH }
    const entered = await lab.post('/v1/approvers', 'operator', own)
    expect(
      (await lab.post(`/v1/approvers/${Number(entered.body.id)}/grant`, 'assessor', { dispatch: DISPATCH })).body,
    ).toMatchObject({
      code: 'SAME_PERSON',
    })
    expect((await lab.post('/v1/approvers', 'operator', own)).body).toMatchObject({ code: 'APPROVER_LISTED' })
    const user = await lab.enter(10)
    await lab.post(`/v1/approvers/${id}/revoke`, 'assessor', { dispatch: DISPATCH, reason: 'moved on' })
    expect((await lab.approve(user)).body).toMatchObject({ code: 'NOT_APPROVER' })
  })
})
