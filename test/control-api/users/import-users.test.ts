import { describe, expect, it } from 'vitest'
import { makeWorkbook } from '../../support/make-workbook.ts'
import { citizenIdOf, createUsersLab, DISPATCH, type UsersLab } from '../../support/users-lab.ts'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const HEADER = ['STT', 'Họ và tên', 'Số CCCD', 'Mã CSKCB', 'Quyền', 'Từ ngày', 'Đến ngày']
const NAME = 'Phạm Thị Mẫu'

async function send(lab: UsersLab, rows: readonly (readonly (string | number | null)[])[], more = '', form = '01/dk-ctn') {
  const file = makeWorkbook({ 'Mẫu 01': { rows } })
  const url = `/v1/imports?form=${encodeURIComponent(form)}&province=24&dispatch=${encodeURIComponent(DISPATCH)}${more}`
  const answer = await lab.app.inject({
    method: 'POST',
    url,
    headers: { ...lab.as.operator, 'content-type': XLSX },
    payload: Buffer.from(file),
  })
  return answer.json()
}

const row = (number: number, ...rest: (string | null)[]) => [String(number), NAME, citizenIdOf(number), '24001', ...rest]
const codes = ({ verdicts }: { verdicts: { row: number; verdict: string; code: string | null }[] }) =>
  verdicts
    .toSorted((one, other) => one.row - other.row)
    .map(({ row: line, verdict, code }) => [line, verdict, ...(code === null ? [] : [code])])

describe('form 01/dk-ctn', () => {
  it('gives every row a verdict, quotes nothing of a person, and takes the rest when the officer says so', async () => {
    const lab = await createUsersLab()
    const rows = [
      ['DANH SÁCH NGƯỜI DÙNG'],
      HEADER,
      row(1, 'Tra cứu thẻ, lịch sử KCB', '01/04/2026', '31/12/2026'),
      ['2', NAME, Number(citizenIdOf(2)), '24001', 'Tra cứu'],
      ['3', NAME, '123', '24001', 'Tra cứu'],
      row(4, 'Tra cứu; xoá dữ liệu'),
      row(5, null),
      row(1, 'Tra cứu'),
      ['6', '12345', citizenIdOf(6), '24001', 'Tra cứu'],
      row(7, 'Gửi hồ sơ', '31/02/2026'),
      row(8, 'Gửi hồ sơ', null, '01/01/2026'),
      ['9', NAME, citizenIdOf(9), '2401', 'Gửi hồ sơ'],
      [null, `Người lập: ${NAME}`, null, null, null],
    ]
    const answer = await send(lab, rows, '&accept=valid')
    expect(codes(answer)).toEqual([
      [3, 'add'],
      [4, 'refused', 'CITIZEN_ID_SHORT'],
      [5, 'refused', 'CITIZEN_ID_MALFORMED'],
      [6, 'refused', 'RIGHT_UNKNOWN'],
      [7, 'refused', 'RIGHTS_MISSING'],
      [8, 'refused', 'DUPLICATE_PERSON'],
      [9, 'refused', 'PERSON_MISSING'],
      [10, 'refused', 'DAY_MALFORMED'],
      [11, 'refused', 'PERIOD_EMPTY'],
      [12, 'refused', 'LEADING_ZERO_LOST'],
    ])
    expect(answer).toMatchObject({
      form: '01/dk-ctn',
      taken: true,
      counts: { rows: 10, adds: 1, refused: 9 },
      waiting: { adds: 1 },
    })
    expect(answer.ignored.map(({ row: line }: { row: number }) => line)).toEqual([13])
    const csv = (await lab.app.inject({ url: `/v1/imports/${answer.importId}/verdicts.csv`, headers: lab.as.reader })).body
    for (const text of [JSON.stringify(answer), csv, lab.logLines.join('')])
      expect(text).not.toMatch(/Phạm|0400000000\d|400000000\d\d/)
  })

  it('waits for approval as a whole, by an approver who did not send it; the same file twice is one', async () => {
    const lab = await createUsersLab()
    await lab.grant()
    const rows = [HEADER, row(1, 'Tra cứu, gửi hồ sơ', null, '31/12/2026'), row(2, 'Danh mục')]
    const { importId } = await send(lab, rows)
    expect((await send(lab, rows)).isNew).toBe(false)
    expect((await lab.post('/v1/users/approve', 'otherApprover', { importId, dispatch: DISPATCH })).body).toMatchObject({
      code: 'NOT_APPROVER',
    })
    expect((await lab.post('/v1/users/approve', 'approver', { importId, dispatch: DISPATCH })).body).toEqual({
      importId,
      users: 2,
    })
    expect((await lab.post('/v1/users/approve', 'approver', { importId, dispatch: DISPATCH })).body).toMatchObject({
      code: 'NOT_TAKEN',
    })
    expect((await lab.signed())?.find(lab.tokenOf(1))).toMatchObject({
      rights: ['lookup', 'submit'],
      // The last day counts.
      untilMs: Date.parse('2027-01-01T00:00:00+07:00'),
    })
  })

  it('changes, disables and cancels by its sections; rights may be marks in columns of their own', async () => {
    const lab = await createUsersLab()
    await lab.grant()
    for (const citizen of [1, 2, 3]) await lab.approve(await lab.enter(citizen))
    const header = ['STT', 'Họ và tên', 'Số CCCD', 'Mã CSKCB', 'Tra cứu thẻ', 'Lịch sử KCB', 'Loại']
    const line = (number: number, section: string) => [`${number}`, NAME, citizenIdOf(number), '24001', 'x', 'X', section]
    const rows = [header, line(1, 'Thay đổi'), line(2, 'Khóa'), line(3, 'Hủy'), line(4, 'Hủy'), line(5, 'Thêm'), line(6, '')]
    const answer = await send(lab, rows, '&accept=valid')
    expect(codes(answer)).toEqual([
      [2, 'change'],
      [3, 'disable'],
      [4, 'cancel'],
      [5, 'refused', 'PERSON_NOT_LISTED'],
      [6, 'add'],
      [7, 'refused', 'SECTION_MISSING'],
    ])
    expect(answer.waiting).toEqual({ adds: 1, changes: 1, cancels: 0 })
    const listed = await lab.signed()
    expect([1, 2, 3].map((citizen) => listed?.find(lab.tokenOf(citizen))?.state)).toEqual(['active', 'disabled', undefined])
    const refuse = { dispatch: DISPATCH, reason: 'not agreed' }
    expect((await lab.post(`/v1/imports/${answer.importId}/refuse`, 'approver', refuse)).body).toMatchObject({ refused: 2 })
    expect((await lab.signed())?.find(lab.tokenOf(1))?.rights).toEqual(['lookup'])
    // The same list again says what holds already where it does.
    const again = await send(
      lab,
      [HEADER, ['1', 'Nguyễn Văn Mẫu', citizenIdOf(1), '24001', 'Tra cứu'], row(2, 'Tra cứu')],
      '&accept=none',
    )
    expect(codes(again)).toEqual([
      [2, 'unchanged', 'PERSON_UNCHANGED'],
      [3, 'refused', 'PERSON_LISTED'],
    ])
  })
})

describe('form 02/dk-ctn', () => {
  it('enters approvers, whom the assessment centre grants', async () => {
    const lab = await createUsersLab()
    const header = ['STT', 'Họ và tên', 'Số CCCD', 'Tài khoản']
    const rows = [
      header,
      ['1', NAME, citizenIdOf(1), 'Approver-1'],
      ['2', NAME, citizenIdOf(2), '?'],
      ['3', NAME, citizenIdOf(3), 'approver-1'],
    ]
    const answer = await send(lab, rows, '&accept=valid', '02/dk-ctn')
    expect(codes(answer)).toEqual([
      [2, 'add'],
      [3, 'refused', 'ACCOUNT_MISSING'],
      [4, 'refused', 'DUPLICATE_PERSON'],
    ])
    expect((await lab.get('/v1/approvers?province=24', 'reader')).items).toMatchObject([
      { person: 'approver-1', state: 'waiting', name: null, citizenId: '•••••••••001' },
    ])
  })
})
