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
    ['with half a citizen ID', { citizenId: '123' }, '<p>Số CCCD phải gồm 12 chữ số.</p>'],
    ['without a name', { name: ' ' }, '<p>Họ và tên phải gồm 2–100 chữ cái.</p>'],
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

  it('take no form of another site', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse('operator')
    await operator.get('/console/users')
    const answer = await operator.submit('/console/users/enter', entry(1), { 'sec-fetch-site': 'cross-site' })
    expect(answer.statusCode).toBe(403)
    expect(await lab.context.store.read((db) => db.selectFrom('portal_user').selectAll().execute())).toEqual([])
  })
})
