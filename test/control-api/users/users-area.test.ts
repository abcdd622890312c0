import { describe, expect, it } from 'vitest'
import { createConsoleBrowser } from '../../support/console-browser.ts'
import type { ControlAppSetup } from '../../support/control-app.ts'
import { citizenIdOf, createUsersLab, DISPATCH } from '../../support/users-lab.ts'

const NAME = 'Nguyễn Thị Mẫu'

async function createPageLab() {
  const lab = await createUsersLab()
  const browse = async (role: keyof ControlAppSetup['as']) => {
    const browser = createConsoleBrowser(lab.app)
    await browser.signIn(lab.as[role].authorization)
    return browser
  }
  return { ...lab, browse }
}

const entry = (citizen: number, more: object = {}) => ({
  facility: '24001',
  province: '24',
  name: NAME,
  citizenId: citizenIdOf(citizen),
  rights: ['lookup', 'history'],
  until: '31/12/2026',
  dispatch: DISPATCH,
  ...more,
})

describe('the pages of named users', () => {
  it('let an operator enter, the assessment centre grant, and the province approve, down to the signed list', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse('operator')
    expect((await operator.get('/console/users')).body).not.toMatch(/<script| style=| on[a-z]+=/)
    const entered = await operator.submit('/console/users/enter', entry(1))
    expect([entered.statusCode, entered.body.includes('Đã ghi nhận'), entered.body.includes('chờ duyệt')]).toEqual([
      200,
      true,
      true,
    ])
    expect(entered.body).not.toContain(citizenIdOf(1))
    // Nobody has used what waits, and a page in Vietnamese names provinces in Vietnamese.
    expect([entered.body.includes('chưa dùng được'), entered.body.includes('(24, từ 01/07/2025)')]).toEqual([true, true])
    expect(entered.body).not.toContain('from 01/07/2025')

    const approver = await lab.browse('approver')
    expect((await approver.get('/console/users/waiting')).body).toContain('Không có gì chờ phê duyệt')
    await operator.get('/console/approvers')
    const person = { province: '24', person: 'approver-1', name: 'Trần Văn Mẫu', citizenId: citizenIdOf(900), dispatch: DISPATCH }
    expect((await operator.submit('/console/approvers/enter', person)).body).toContain('chờ cấp quyền')
    const centre = await lab.browse('assessor')
    await centre.get('/console/approvers')
    expect((await centre.submit('/console/approvers/1/approve')).body).toContain('được phê duyệt người dùng')

    const queue = await approver.get('/console/users/waiting')
    expect([queue.body.includes(NAME), queue.body.includes('Tra cứu thẻ, Lịch sử KCB')]).toEqual([true, true])
    expect((await approver.submit('/console/users/1/approve')).body).toContain('Đã phê duyệt')
    const signed = await lab.signed()
    expect(signed?.find(lab.tokenOf(1))).toMatchObject({ facility: '24001', rights: ['lookup', 'history'], state: 'active' })
    expect(lab.logLines.join()).not.toContain(citizenIdOf(1))
    const never = await operator.get('/console/users?facility=24001')
    expect([never.body.includes('chưa dùng lần nào'), never.body.includes('duyệt ngày 02/03/2026')]).toEqual([true, true])
    await lab.context.users.takeUses({ uses: [{ token: lab.tokenOf(1), day: '2026-03-02' }] } as never)
    expect((await operator.get('/console/users?facility=24001')).body).toMatch(/"Dùng gần nhất">02\/03\/2026</)
  })

  it('show an approver his own provinces alone, take a reason for a refusal, and notice who was faster', async () => {
    const lab = await createPageLab()
    await lab.grant()
    for (const citizen of [1, 2]) await lab.enter(citizen)
    await lab.enter(3, { facility: '01234', province: '01', name: 'Người Tỉnh Khác' })
    const approver = await lab.browse('approver')
    const queue = await approver.get('/console/users/waiting')
    expect(queue.body).not.toContain('Người Tỉnh Khác')
    expect((await approver.submit('/console/users/2/refuse', { reason: '' })).statusCode).toBe(400)
    await approver.get('/console/users/waiting')
    expect((await approver.submit('/console/users/2/refuse', { reason: 'không thuộc cơ sở' })).body).toContain('Đã từ chối')
    await approver.get('/console/users/waiting')
    await lab.approve(1)
    const late = await approver.submit('/console/users/1/approve')
    expect([late.statusCode, late.body.includes('đã được người khác thay đổi')]).toEqual([412, true])
    const form = /name="form" value="([^"]+)"/.exec(late.body)?.[1] ?? ''
    const nobody = await approver.submit('/console/users/99/approve', { form, version: '1', dispatch: DISPATCH })
    expect([nobody.statusCode, nobody.body.includes('Không tìm thấy')]).toEqual([404, true])
    expect(nobody.body).not.toContain('Hệ thống đang bận')
  })

  it('let a facility enter its own users alone', async () => {
    const lab = await createPageLab()
    const facility = await lab.browse('facility')
    const first = await facility.get('/console/users?facility=24001')
    const own = /Mã CSKCB: <strong>(\d{5})</.exec(first.body)?.[1] ?? ''
    expect(own).not.toBe('24001')
    const { facility: _other, ...fields } = entry(5, { province: '01' })
    await facility.submit('/console/users/enter', fields)
    await facility.submit('/console/users/enter', { ...fields, facility: '24001', citizenId: citizenIdOf(6) })
    const rows = await lab.context.store.read((db) => db.selectFrom('portal_user').select('facility').execute())
    expect(rows.map((row) => row.facility)).toEqual([own, own])
    for (const path of ['/console/users/waiting', '/console/approvers']) expect((await facility.get(path)).statusCode).toBe(403)
  })

  it.each<[string, object, string]>([
    ['without a right', { rights: [] }, 'Chọn ít nhất một quyền'],
    ['with half a citizen ID', { citizenId: '123' }, 'id="citizenId-wrong">Số CCCD phải gồm 12 chữ số.'],
    ['without a name', { name: ' ' }, 'id="name-wrong">Họ và tên phải gồm 2–100 chữ cái.'],
    ['in a province that is none', { province: '99' }, 'Tỉnh quản lý: hiện không có tỉnh nào mang mã này'],
    ['with a day that is none', { until: '31/02/2026' }, 'Đến hết ngày: ngày không hợp lệ'],
    ['without a dispatch', { dispatch: ' ' }, 'số công văn'],
  ])('take nobody %s', async (_what, fields, words) => {
    const lab = await createPageLab()
    const operator = await lab.browse('operator')
    await operator.get('/console/users')
    const answer = await operator.submit('/console/users/enter', entry(1, fields))
    expect([answer.statusCode, answer.body.includes(words)]).toEqual([400, true])
  })

  it('keep what was typed in a form that is refused, but for the citizen ID, and say beside each field what is wrong', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse('operator')
    await operator.get('/console/users')
    const typed = entry(1, { name: 'X', rights: ['history'], until: '31/02/2026', dispatch: '99/BHXH "a"' })
    const { body, statusCode } = await operator.submit('/console/users/enter', typed)
    expect(statusCode).toBe(400)
    expect(body).not.toContain(citizenIdOf(1))
    expect(body).toMatch(/id="facility" name="facility" value="24001"/)
    expect(body).toMatch(/<option value="24" selected>/)
    expect(body).toMatch(/value="history" checked>/)
    expect(body).not.toMatch(/value="lookup" checked>/)
    expect(body).toMatch(/id="dispatch" name="dispatch" value="99\/BHXH &#34;a&#34;"/)
    expect(body).toMatch(/id="name" name="name" value="X" aria-describedby="name-wrong" aria-invalid="true" autofocus/)
    expect(body).toMatch(
      /id="until" name="until" value="31\/02\/2026" aria-describedby="until-hint until-wrong" aria-invalid="true"/,
    )
    const fixed = await operator.submit('/console/users/enter', entry(1))
    expect(fixed.body).toContain('Đã ghi nhận')
  })

  it('keep what was typed where the person is on the list, the dispatch of a decision is none, or an approver is refused', async () => {
    const lab = await createPageLab()
    await lab.grant()
    await lab.enter(1)
    const operator = await lab.browse('operator')
    await operator.get('/console/users')
    const twice = await operator.submit('/console/users/enter', entry(1, { dispatch: '77/BHXH' }))
    expect([twice.statusCode, twice.body.includes('value="77/BHXH"')]).toEqual([409, true])
    expect(twice.body).toContain('id="citizenId-wrong">Cơ sở đã đăng ký người này')
    await operator.get('/console/approvers')
    const person = { province: '24', person: 'нет', name: 'Trần Văn Mẫu', citizenId: '1', dispatch: '78/BHXH' }
    const refused = await operator.submit('/console/approvers/enter', person)
    expect(refused.body).toMatch(/value="нет" aria-describedby="person-wrong"/)
    expect(refused.body).toContain('value="78/BHXH"')
    expect(refused.body).toContain('id="citizenId-wrong"')

    const approver = await lab.browse('approver')
    await approver.get('/console/users/waiting')
    const short = await approver.submit('/console/users/1/refuse', { reason: 'a' })
    expect(short.body).toMatch(/<details open>/)
    expect(short.body).toMatch(/id="reason-1" name="reason" value="a" aria-describedby="reason-1-wrong"/)
  })

  it('keep a form through a new sign-in, which sends nothing by itself', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse('operator')
    await operator.get('/console/users')
    lab.clock.moveBy(8 * 3_600_000)
    const asked = await operator.submit('/console/users/enter', entry(1))
    expect([asked.statusCode, asked.body.includes('Phiên làm việc đã hết')]).toEqual([403, true])
    expect(asked.body).not.toContain(citizenIdOf(1))
    const wrong = await operator.submit('/console/users/enter', { token: 'ewp_wrong' })
    expect(wrong.body).toContain('aria-describedby="token-wrong"')
    const again = await operator.submit('/console/users/enter', { token: lab.as.operator.authorization.slice(7) })
    expect(again.body).toContain(`value="${NAME}"`)
    expect(again.body).toContain('Biểu mẫu chưa được gửi')
    expect(await lab.context.store.read((db) => db.selectFrom('portal_user').selectAll().execute())).toEqual([])
    expect((await operator.submit('/console/users/enter', entry(1))).body).toContain('Đã ghi nhận')
  })

  it('put nothing into a form that another site had a browser send', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse('operator')
    await operator.get('/console/users')
    const answer = await operator.submit('/console/users/enter', entry(1), { 'sec-fetch-site': 'cross-site' })
    expect(answer.body).not.toContain(NAME)
    const stale = await operator.submit('/console/users/enter', { ...entry(1), form: 'x' }, { 'sec-fetch-site': 'same-origin' })
    expect([stale.statusCode, stale.body.includes(NAME)]).toEqual([403, true])
  })

  it.each<[string, string, string]>([
    ['that nobody knows', '99001', 'Chưa có cơ sở nào mang mã 99001'],
    ['that is no code', '240', 'Mã CSKCB gồm 5 chữ số'],
  ])('tell an operator of a facility %s', async (_what, facility, words) => {
    const lab = await createPageLab()
    const operator = await lab.browse('operator')
    const { body } = await operator.get(`/console/users?facility=${facility}`)
    expect(body).toContain(words)
    expect(body).toMatch(new RegExp(`id="which" name="facility" value="${facility}"`))
    const own = await lab.token('operator-24', 'operator', '24')
    const ofProvince = createConsoleBrowser(lab.app)
    await ofProvince.signIn(own.authorization)
    expect((await ofProvince.get('/console/users?facility=01001')).body).toContain('không thuộc tỉnh')
    await lab.enter(1)
    expect((await operator.get('/console/users?facility=24001')).body).not.toContain('Chưa có cơ sở nào')
  })

  it('take no form of another site', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse('operator')
    await operator.get('/console/users')
    const answer = await operator.submit('/console/users/enter', entry(1), { 'sec-fetch-site': 'cross-site' })
    expect(answer.statusCode).toBe(403)
    expect(await lab.context.store.read((db) => db.selectFrom('portal_user').selectAll().execute())).toEqual([])
  })
})
