import { describe, expect, it } from 'vitest'
import { createMappingWords, DEFAULT_COLUMN_MAPPING } from '../../../control-api/imports/column-mapping.ts'
import { findTable } from '../../../control-api/imports/find-table.ts'
import { rowsOfTable } from '../../../control-api/imports/rows-of-table.ts'
import type { Sheet } from '../../../control-api/imports/sheet.ts'

const words = createMappingWords(DEFAULT_COLUMN_MAPPING)
const HEADER = ['STT', 'Tên CSKCB', 'Mã CSKCB', 'Địa chỉ IP']

function aSheet(rows: readonly (readonly (string | null)[])[], name = 'IP', isHidden = false): Sheet {
  const cells = (row: readonly (string | null)[]) =>
    row.map((text) => (text === null ? undefined : { text, kind: 'text' as const, isMerged: false }))
  return { name, isHidden, rows: rows.map((row, index) => ({ row: index + 1, cells: cells(row) })) }
}

const read = (rows: readonly (readonly (string | null)[])[]) => {
  const found = rowsOfTable(findTable([aSheet(rows)], words), words)
  return { rows: found.rows.map((row) => [row.row, row.section, row.cells.block?.text]), ignored: found.ignored }
}
const codeOf = (sheets: readonly Sheet[], name?: string): unknown => {
  try {
    return findTable(sheets, words, name).sheet.name
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

describe('findTable', () => {
  it.each<[readonly string[], string]>([
    [['STT', 'Tên CSKCB', 'Mã CSKCB', 'Địa chỉ IP'], 'as the form has it'],
    [['stt', 'TÊN  CSKCB', 'mã cskcb (*)', 'Địa chỉ IP:'], 'case, spacing, marks and brackets'],
    [['STT', 'Tên cơ sở khám bệnh, chữa bệnh', 'Mã cơ sở KCB', 'Địa chỉ IP\n(IP tĩnh)'], 'longer titles on two lines'],
    [['ＳＴＴ', 'Tên CSKCB'.normalize('NFD'), 'Ma CSKCB', 'Dia chi IP'], 'full-width, decomposed, without marks'],
  ])('finds the header %j: %s', (header, _reason) => {
    expect(read([['DANH SÁCH'], ['Kèm công văn số 11'], header, ['1', 'Trạm', '01234', '14.160.12.34']]).rows).toEqual([
      [4, 'add', '14.160.12.34'],
    ])
  })

  it.each<[readonly Sheet[], string | undefined, string, string]>([
    [[aSheet([['Họ tên', 'Ngày sinh']], 'Danh sách')], undefined, 'WRONG_SHEET', 'another table'],
    [[aSheet([HEADER], 'Ẩn', true), aSheet([['x']], 'Hiện')], undefined, 'WRONG_SHEET', 'only a hidden sheet has it'],
    [[aSheet([HEADER], 'Ẩn', true)], 'Ẩn', 'Ẩn', 'a hidden sheet that is named'],
    [[aSheet([HEADER], 'A'), aSheet([HEADER], 'B')], undefined, 'SEVERAL_SHEETS', 'two of them'],
    [[aSheet([HEADER], 'A'), aSheet([HEADER], 'B')], 'B', 'B', 'two, one of them named'],
    [[aSheet([HEADER], 'A')], 'C', 'WRONG_SHEET', 'a name that is not there'],
    [[aSheet([['STT', 'Tên CSKCB', 'Mã CSKCB']])], undefined, 'COLUMN_MISSING', 'no address column'],
    [[aSheet([[...HEADER, 'IP tĩnh']])], undefined, 'COLUMN_TWICE', 'two address columns'],
    [[aSheet([...Array.from({ length: 30 }, () => ['x']), HEADER])], undefined, 'WRONG_SHEET', 'the header stands too low'],
  ])('of %j, asked for %j: %s, %s', (sheets, name, expected, _reason) => {
    expect(codeOf(sheets, name)).toBe(expected)
  })

  it('names the sheets found and the columns missing', () => {
    expect(() => findTable([aSheet([['x']], 'Bảng 1'), aSheet([['y']], 'Bảng 2')], words)).toThrow(
      'Sheets found: "Bảng 1", "Bảng 2"',
    )
    expect(() => findTable([aSheet([['STT', 'Mã CSKCB', 'Nhà mạng']])], words)).toThrow('"Tên CSKCB", "Địa chỉ IP" is missing')
  })
})

describe('rowsOfTable', () => {
  const A = ['1', 'Trạm', '01234', '14.160.12.34']
  const B = ['2', 'Trạm', '01235', '14.160.12.35']

  it('takes the sections from title rows, with numerals, spellings and a header below each', () => {
    const found = read([['DANH SÁCH THÊM MỚI, HỦY'], ['I', 'THÊM MỚI'], HEADER, A, ['II. Huỷ đăng ký'], HEADER, B])
    expect(found.rows).toEqual([
      [4, 'add', '14.160.12.34'],
      [7, 'cancel', '14.160.12.35'],
    ])
  })

  it('takes the sections from a column', () => {
    const header = [...HEADER, 'Loại']
    expect(
      read([header, [...A, 'Add'], [...B, 'Hủy'], [...B, 'Thêm mới'], [...B, '?'], [...B, null]]).rows.map(
        ([, section]) => section,
      ),
    ).toEqual(['add', 'cancel', 'add', undefined, undefined])
  })

  it('adds everything where nothing names a section, and does not guess above the first title', () => {
    expect(read([HEADER, A, B]).rows.map(([, section]) => section)).toEqual(['add', 'add'])
    expect(read([HEADER, A, ['Hủy'], B]).rows.map(([, section]) => section)).toEqual([undefined, 'cancel'])
  })

  it('tells the rows that it leaves out, and leaves out none that asks for something', () => {
    const found = read([
      HEADER,
      ['(1)', '(2)', '(3)', '(4)'],
      A,
      ['Tổng cộng', '1'],
      ['3', 'Trạm không mã', null, null],
      [null, null, null, '14.160.12.36'],
    ])
    expect(found.rows.map(([row]) => row)).toEqual([3, 5, 6])
    expect(found.ignored).toEqual([
      { row: 2, text: '(1) (2) (3) (4)' },
      { row: 4, text: 'Tổng cộng 1' },
    ])
  })
})
