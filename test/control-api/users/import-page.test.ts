import { describe, expect, it } from 'vitest'
import { readWorkbook } from '../../../control-api/imports/read-workbook.ts'
import { IMPORT_LIMITS } from '../../../control-api/imports/sheet.ts'
import { createConsoleBrowser } from '../../support/console-browser.ts'
import { makeWorkbook } from '../../support/make-workbook.ts'
import { citizenIdOf, createUsersLab, DISPATCH } from '../../support/users-lab.ts'

const HEADER = ['STT', 'Họ và tên', 'Số CCCD', 'Mã CSKCB', 'Quyền', 'Mã tỉnh']
const SEND = '/console/users/import/send'

const row = (citizen: number, facility = '24001', citizenId = citizenIdOf(citizen)): readonly string[] => [
  String(citizen),
  'Nguyễn Văn Mẫu',
  citizenId,
  facility,
  'tra cứu thẻ',
  '24',
]
const csv = (...rows: readonly (readonly string[])[]): Uint8Array =>
  Buffer.from([HEADER, ...rows].map((cells) => cells.join(',')).join('\n'))
const xlsx = (...rows: readonly (readonly string[])[]): Uint8Array => makeWorkbook({ Biểu: { rows: [HEADER, ...rows] } })

async function createPageLab() {
  const lab = await createUsersLab()
  const browse = async (authorization: string) => {
    const browser = createConsoleBrowser(lab.app)
    await browser.signIn(authorization)
    return browser
  }
  const users = () => lab.context.store.read((db) => db.selectFrom('portal_user').selectAll().orderBy('id').execute())
  return { ...lab, browse, users }
}

describe('the pages of imports', () => {
  it.each([
    ['CSV', csv],
    ['XLSX', xlsx],
  ])('take a whole file of form 01/dk-ctn as %s, which an approver approves at once', async (_kind, write) => {
    const lab = await createPageLab()
    await lab.grant()
    const operator = await lab.browse(lab.as.operator.authorization)
    await operator.get('/console/users/import')
    const taken = await operator.upload(SEND, { province: '24', dispatch: DISPATCH }, write(row(1), row(2)))
    expect(taken.body).toContain('Đã nhập toàn bộ tệp')
    expect((await lab.users()).map(({ state }) => state)).toEqual(['waiting', 'waiting'])
    const approver = await lab.browse(lab.as.approver.authorization)
    const waiting = await approver.get('/console/users/waiting')
    const [, id = ''] = /action="\/console\/users\/waiting\/([^/]+)\/approve"/.exec(waiting.body) ?? []
    expect((await approver.submit(`/console/users/waiting/${id}/approve`)).body).toContain('Đã phê duyệt')
    expect((await lab.users()).map(({ state }) => state)).toEqual(['active', 'active'])
    await operator.get('/console/users/import')
    const twice = await operator.upload(SEND, { province: '24', dispatch: DISPATCH }, write(row(1), row(2)))
    expect(twice.body).toContain('đã được nhập trước đây')
  })

  it('take nothing while one row is wrong, and name its row and column in Vietnamese', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse(lab.as.operator.authorization)
    await operator.get('/console/users/import')
    const file = csv(row(1), row(2, '24001', '123456789'), row(3, '2400'))
    const { body } = await operator.upload(SEND, { province: '24', dispatch: DISPATCH }, file)
    expect(body).toContain('Chưa nhập dòng nào: có 2 dòng sai')
    expect(body).toContain('dòng 3, cột C (Số CCCD)')
    expect(body).toContain('dòng 4, cột D (Mã CSKCB)')
    expect(body).not.toContain('123456789')
    expect(await lab.users()).toEqual([])
    const [, id = ''] = /href="(\/console\/imports\/[^/]+)\/file"/.exec(body) ?? []
    expect((await operator.get(`${id}/file`)).body.split('\r\n')).toHaveLength(5)
  })

  it('only check a file where one asks for it', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse(lab.as.operator.authorization)
    await operator.get('/console/users/import')
    const checked = await operator.upload(SEND, { province: '24', dispatch: DISPATCH, check: '1' }, csv(row(1)))
    expect(checked.body).toContain('Kiểm tra thử: không có dòng nào sai')
    expect(await lab.users()).toEqual([])
  })

  it('keep what was typed beside a file that is refused', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse(lab.as.operator.authorization)
    await operator.get('/console/users/import')
    const empty = await operator.upload(SEND, { facility: '240', province: '24', dispatch: '5/BHXH' }, new Uint8Array())
    expect(empty.statusCode).toBe(400)
    expect(empty.body).toContain('id="file-wrong">Hãy chọn tệp')
    expect(empty.body).toContain('id="facility-wrong">Mã CSKCB gồm 5 chữ số')
    expect(empty.body).toMatch(/name="dispatch" value="5\/BHXH"/)
    expect(empty.body).toMatch(/<option value="24" selected>/)
    const other = await operator.upload(SEND, { province: '24', dispatch: '5/BHXH' }, Buffer.from('a,b\n1,2\n'))
    expect(other.body).toContain('Không có trang tính nào')
    expect(other.body).toMatch(/name="dispatch" value="5\/BHXH"/)
  })

  it('take of a facility its own users alone, and show it its own files alone', async () => {
    const lab = await createPageLab()
    const facility = await lab.browse((await lab.token('bv-24001', 'facility', '24001')).authorization)
    await facility.get('/console/users/import')
    const mixed = await facility.upload(
      SEND,
      { province: '24', dispatch: DISPATCH, facility: '24002' },
      csv(row(1), row(2, '24002')),
    )
    expect(mixed.body).toContain('mã CSKCB khác với mã của cơ sở đang gửi tệp')
    expect(await lab.users()).toEqual([])
    await facility.get('/console/users/import')
    await facility.upload(SEND, { province: '24', dispatch: DISPATCH, facility: '24002' }, csv(row(1), row(2, '')))
    expect((await lab.users()).map((user) => user.facility)).toEqual(['24001', '24001'])
    const operator = await lab.browse(lab.as.operator.authorization)
    await operator.get('/console/users/import')
    const theirs = await operator.upload(SEND, { province: '24', dispatch: DISPATCH }, csv(row(7)))
    const [, id = ''] = /href="(\/console\/imports\/[^/]+)\/file"/.exec(theirs.body) ?? []
    for (const path of [id, `${id}/file`]) expect((await facility.get(path)).statusCode).toBe(404)
    expect((await facility.get('/console/approvers/import')).statusCode).toBe(403)
  })

  it('take form 02/dk-ctn of approvers', async () => {
    const lab = await createPageLab()
    const operator = await lab.browse((await lab.token('operator-24', 'operator', '24')).authorization)
    await operator.get('/console/approvers/import')
    const file = Buffer.from(`STT,Họ và tên,Số CCCD,Tài khoản\n1,Trần Thị Mẫu,${citizenIdOf(8)},approver-24\n`)
    const taken = await operator.upload('/console/approvers/import/send', { province: '24', dispatch: DISPATCH }, file)
    expect(taken.body).toContain('Đã nhập toàn bộ tệp')
    expect((await operator.get('/console/approvers')).body).toContain('approver-24')
  })

  it.each(['users', 'approvers'])('give templates for %s that can be read as they are, with text in every cell', async (kind) => {
    const lab = await createPageLab()
    const operator = await lab.browse(lab.as.operator.authorization)
    const path = `/console/${kind}/import`
    const file = await operator.get(`${path}/template?kind=xlsx`)
    expect(file.headers['content-disposition']).toMatch(/^attachment; filename="mau-0[12]-dk-ctn\.xlsx"$/)
    const [sheet, guide] = readWorkbook(file.rawPayload, IMPORT_LIMITS)
    const titles = sheet?.rows[0]?.cells.map((cell) => cell?.text) ?? []
    expect(titles.slice(0, 3)).toEqual(['STT', 'Họ và tên', 'Số CCCD'])
    expect(guide?.rows.length).toBeGreaterThan(2)
    const text = (await operator.get(`${path}/template?kind=csv`)).body
    expect(text).toBe(`\uFEFF${titles.join(',')}\r\n`)
    await operator.get(path)
    const filled = titles.map((title) =>
      title === 'Số CCCD'
        ? citizenIdOf(1)
        : title === 'Họ và tên'
          ? 'Nguyễn Văn Mẫu'
          : title === 'Tài khoản'
            ? 'an'
            : title === 'Tra cứu thẻ'
              ? 'x'
              : '',
    )
    const fields = { province: '24', dispatch: DISPATCH, facility: '24001' }
    expect((await operator.upload(`${path}/send`, fields, Buffer.from(`${text}${filled.join(',')}\r\n`))).body).toContain(
      'Đã nhập toàn bộ tệp',
    )
    await operator.get(path)
    expect((await operator.upload(`${path}/send`, fields, file.rawPayload)).body).toContain('không có dòng dữ liệu')
  })

  it('read no file of somebody who may send none, and say of a large one that it is', async () => {
    const lab = await createPageLab()
    const approver = await lab.browse(lab.as.approver.authorization)
    expect((await approver.upload(SEND, {}, csv(row(1)))).statusCode).toBe(403)
    const stranger = createConsoleBrowser(lab.app)
    expect((await stranger.upload(SEND, {}, csv(row(1)))).body).toContain('Đăng nhập')
    const operator = await lab.browse(lab.as.operator.authorization)
    await operator.get('/console/users/import')
    const large = await operator.upload(
      SEND,
      { province: '24', dispatch: DISPATCH },
      new Uint8Array(IMPORT_LIMITS.maxBytes + 20_000),
    )
    expect([large.statusCode, large.body.includes('Tệp quá lớn')]).toEqual([413, true])
    const foreign = await operator.upload(SEND, { province: '24' }, csv(row(1)), { 'sec-fetch-site': 'cross-site' })
    expect(foreign.statusCode).toBe(403)
    expect(await lab.users()).toEqual([])
  })
})
