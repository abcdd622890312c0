import { describe, expect, it } from 'vitest'
import { createConsoleBrowser } from '../../support/console-browser.ts'
import { anOfficer } from '../../support/officers.ts'
import { createOtpLab, DISPATCH } from '../../support/otp-lab.ts'

const PATH = '/console/officers'
const OFFICER_PATH = /action="(\/console\/officers\/officer-[0-9a-f]+)\//

async function createPageLab() {
  const lab = await createOtpLab()
  const browse = async (who: { authorization: string }) => {
    const browser = createConsoleBrowser(lab.app)
    await browser.signIn(who.authorization)
    await browser.get(PATH)
    return browser
  }
  const rows = () => lab.context.store.read((db) => db.selectFrom('otp_officer').selectAll().execute())
  const audit = () => lab.context.store.read((db) => db.selectFrom('audit').selectAll().orderBy('seq').execute())
  return { ...lab, browse, rows, audit }
}

const fields = (word: string, more: object = {}) => ({ ...anOfficer(word), dispatch: DISPATCH, ...more })

describe('the page of officers', () => {
  it('lets a province enter, another person approve, and either end it, down to SMS and audit', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse(await lab.token('operator-01', 'operator', '01'))
    const first = await operator.get(PATH)
    expect(first.body).toContain('Không có cán bộ nào trong danh sách này')
    expect(first.body).not.toMatch(/<script| style=| on[a-z]+=|value="79"/)
    const entered = await operator.submit(`${PATH}/enter`, fields('an'))
    expect([entered.body.includes('Đã ghi nhận'), entered.body.includes('chờ duyệt')]).toEqual([true, true])
    const { bhxhCode, phone, account } = anOfficer('an')
    for (const number of [bhxhCode, phone, account]) expect(entered.body).not.toContain(number)
    expect(entered.body).not.toContain('/approve"')

    const approver = await lab.browse(await lab.token('approver-01', 'approver', '01'))
    const waiting = await approver.get(PATH)
    const [, path = ''] = OFFICER_PATH.exec(waiting.body) ?? []
    expect((await approver.submit(`${path}/approve`)).body).toContain('Đã phê duyệt')
    await lab.context.otp.sms.work()
    expect(lab.sms.taken).toHaveLength(1)

    await operator.get(`${PATH}?state=approved`)
    const short = await operator.submit(`${path}/revoke`, { dispatch: '9/BHXH', reason: 'x' })
    expect(short.statusCode).toBe(400)
    const id = path.split('/').at(-1) ?? ''
    expect(short.body).toContain(`id="reason-revoke-${id}-wrong"`)
    expect(short.body).toContain(`id="dispatch-revoke-${id}" name="dispatch" value="9/BHXH"`)
    const revoked = await operator.submit(`${path}/revoke`, { dispatch: DISPATCH, reason: 'chuyển công tác' })
    expect([revoked.body.includes('Đã thu hồi'), revoked.body.includes('chuyển công tác')]).toEqual([true, true])
    expect((await lab.audit()).map(({ action, person }) => `${action} ${person}`)).toEqual(
      expect.arrayContaining(['officer.enter operator-01', 'officer.approve approver-01', 'officer.revoke operator-01']),
    )
  })

  it('keeps what was typed where something is wrong, but for an account with a citizen ID, and names each field', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse(lab.as.operator)
    const { account } = anOfficer('an')
    const { body, statusCode } = await operator.submit(`${PATH}/enter`, fields('an', { phone: '12', name: '7', dispatch: ' ' }))
    expect(statusCode).toBe(400)
    for (const name of ['phone', 'name', 'dispatch']) expect(body).toMatch(new RegExp(`id="${name}-wrong"`))
    expect(body).toMatch(/id="phone" name="phone" value="12" aria-describedby="phone-wrong" aria-invalid="true"/)
    expect(body).not.toContain(account)
    const facility = await operator.submit(`${PATH}/enter`, fields('an', { phone: '12', account: '01234_BV' }))
    expect(facility.body).toContain('value="01234_BV"')
    expect(await lab.rows()).toEqual([])
  })

  it('shows and takes of a province only what is its own, and unlocks after a call', async () => {
    const lab = await createPageLab()
    const id = await lab.addOfficer('an')
    const stranger = await lab.browse(await lab.token('operator-79', 'operator', '79'))
    expect((await stranger.get(PATH)).body).toContain('Không có cán bộ nào')
    const form = /name="form" value="([^"]+)"/.exec((await stranger.get(PATH)).body)?.[1] ?? ''
    const given = { form, dispatch: DISPATCH, reason: 'chuyển công tác' }
    const revoked = await stranger.submit(`${PATH}/${id}/revoke`, given)
    expect([revoked.statusCode, revoked.body.includes('thuộc tỉnh khác')]).toEqual([403, true])
    const entered = await stranger.submit(`${PATH}/enter`, { ...fields('binh'), form })
    expect([entered.statusCode, entered.body.includes('thuộc tỉnh khác')]).toEqual([400, true])
    const own = await lab.browse(lab.as.operator)
    expect(
      (
        await own.submit(`${PATH}/${id}/unlock`, {
          ...given,
          form: /name="form" value="([^"]+)"/.exec((await own.get(PATH)).body)?.[1] ?? '',
        })
      ).statusCode,
    ).toBe(409)
    const reader = await lab.browse(lab.as.reader)
    expect((await reader.get(PATH)).statusCode).toBe(403)
  })
})

describe('an officer who is on a list already', () => {
  it('is told to the own province with the entry, and of another one only that central IT decides, in one and the same way', async () => {
    const lab = await createPageLab()
    const id = await lab.addOfficer('an')
    const own = await lab.post('/v1/otp/officers', await lab.token('operator-01', 'operator', '01'), fields('an'))
    expect(own.json()).toMatchObject({ code: 'OFFICER_KNOWN', facts: { officer: id, province: '01', state: 'approved' } })
    const other = await lab.token('operator-79', 'operator', '79')
    // Central IT may put an account of one province's facility on another's list.
    const { account: lent } = anOfficer('dung', '79')
    expect((await lab.post('/v1/otp/officers', lab.as.operator, fields('dung', { account: lent }))).statusCode).toBe(201)
    const number = fields('binh', { ...anOfficer('binh', '79'), bhxhCode: anOfficer('an').bhxhCode })
    const account = fields('cuong', { province: '79', account: lent })
    const answers = []
    for (const entry of [number, account]) {
      const { requestId: _own, ...answer } = (await lab.post('/v1/otp/officers', other, entry)).json<Record<string, unknown>>()
      answers.push(answer)
    }
    expect(answers[0]).toMatchObject({ status: 409, code: 'OFFICER_NEEDS_CENTRAL' })
    expect(answers[0]).toEqual(answers[1])
    expect(JSON.stringify(answers)).not.toMatch(/officer-[0-9a-f]{8}|"01"|Hà Nội|facts|errors/)
    const held = (await lab.audit()).filter(({ action }) => action === 'officer.held')
    expect(held.map(({ person, target }) => [person, target])).toEqual([
      ['operator-79', 'province/79'],
      ['operator-79', 'province/79'],
    ])
    expect(JSON.stringify(held)).not.toContain(anOfficer('an').bhxhCode)
    const central = await lab.post('/v1/otp/officers', lab.as.operator, number)
    expect(central.json()).toMatchObject({ code: 'OFFICER_KNOWN', facts: { officer: id, province: '01' } })
  })

  it('is told row by row of a list in the same words, which leaves a trace although nothing is taken', async () => {
    const lab = await createPageLab()
    await lab.addOfficer('an')
    const { name, bhxhCode, phone, account } = anOfficer('an', '79')
    const payload = `Họ tên,Mã số BHXH,Số điện thoại,Tài khoản\n${name},${bhxhCode},${phone},${account}\n`
    const other = await lab.token('operator-79', 'operator', '79')
    const answer = await lab.app.inject({
      method: 'POST',
      url: `/v1/otp/officers/import?province=79&dispatch=${DISPATCH}`,
      headers: { ...other, 'content-type': 'text/csv' },
      payload,
    })
    expect(answer.json()).toMatchObject({ taken: false, verdicts: [{ row: 2, verdict: 'refused', field: null }] })
    expect(answer.body).toContain('Trung tâm CNTT')
    expect((await lab.audit()).filter(({ action }) => action === 'officer.held')).toHaveLength(1)
  })
})
