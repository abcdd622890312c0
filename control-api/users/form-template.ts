import { utils, type WorkSheet, write } from '@e965/xlsx'
import type { ColumnMapping } from '../imports/column-mapping.ts'
import { APPROVER_FORM, type FORMS, USER_FORM, type UserField } from './user-forms.ts'

type FormNumber = keyof typeof FORMS

/** Columns of an empty form, in their order. Without a section all rows add. */
const COLUMNS: Readonly<Record<FormNumber, readonly UserField[]>> = {
  [USER_FORM]: [
    'ordinal',
    'name',
    'citizenId',
    'facility',
    'lookup',
    'history',
    'record',
    'submit',
    'catalogue',
    'from',
    'until',
    'province',
  ],
  [APPROVER_FORM]: ['ordinal', 'name', 'citizenId', 'account', 'province'],
}

const GUIDE: Readonly<Record<FormNumber, readonly string[]>> = {
  [USER_FORM]: [
    'Mỗi dòng là một người. Số CCCD đủ 12 chữ số, mã CSKCB đủ 5 chữ số: các cột này đã ở dạng Text, không đổi sang số.',
    'Đánh dấu x vào quyền được cấp. Ngày ghi dạng 01/08/2024; để trống nếu dùng ngay, không thời hạn.',
    'Mã tỉnh là hai chữ số của tỉnh quản lý; để trống nếu đã chọn tỉnh khi gửi tệp.',
    'Để thay đổi, khóa hoặc hủy: ghi một dòng riêng chỉ có chữ Thay đổi, Khóa hoặc Hủy; các dòng bên dưới thuộc mục đó.',
  ],
  [APPROVER_FORM]: [
    'Mỗi dòng là một người phê duyệt của tỉnh. Số CCCD đủ 12 chữ số: cột này đã ở dạng Text, không đổi sang số.',
    'Tài khoản là tên người dùng ở hệ thống này, do Trung tâm CNTT cấp.',
    'Mã tỉnh là hai chữ số của tỉnh; để trống nếu đã chọn tỉnh khi gửi tệp.',
  ],
}

/** Rows that are ready to be filled in: their cells are text, so that no leading zero is lost. */
const READY_ROWS = 1000
const MIN_WIDTH = 12

/** An empty form as CSV (UTF-8), with the titles that the office uses. */
export function templateCsv(form: FormNumber, mapping: ColumnMapping<UserField>): Buffer {
  return Buffer.from(`\uFEFF${titlesOf(form, mapping).join(',')}\r\n`)
}

/** The same as a workbook, with a sheet that says how it is filled in. */
export function templateXlsx(form: FormNumber, mapping: ColumnMapping<UserField>): Buffer {
  const titles = titlesOf(form, mapping)
  const sheet: WorkSheet = utils.aoa_to_sheet([titles])
  for (let row = 1; row <= READY_ROWS; row++)
    for (const column of titles.keys()) sheet[utils.encode_cell({ r: row, c: column })] = { t: 's', v: '', z: '@' }
  sheet['!ref'] = utils.encode_range({ s: { r: 0, c: 0 }, e: { r: READY_ROWS, c: titles.length - 1 } })
  sheet['!cols'] = titles.map((title) => ({ wch: Math.max(MIN_WIDTH, title.length + 4) }))
  const guide = utils.aoa_to_sheet(GUIDE[form].map((words) => [words]))
  const book = utils.book_new()
  utils.book_append_sheet(book, sheet, form === USER_FORM ? 'Biểu 01' : 'Biểu 02')
  utils.book_append_sheet(book, guide, 'Hướng dẫn')
  return Buffer.from(write(book, { type: 'buffer', bookType: 'xlsx', compression: true }) as Uint8Array)
}

function titlesOf(form: FormNumber, mapping: ColumnMapping<UserField>): string[] {
  return COLUMNS[form].map((field) => mapping.columns[field][0] ?? field)
}
