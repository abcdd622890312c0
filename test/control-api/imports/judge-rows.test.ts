import { describe, expect, it } from 'vitest'
import { createMappingWords, DEFAULT_COLUMN_MAPPING } from '../../../control-api/imports/column-mapping.ts'
import { findTable } from '../../../control-api/imports/find-table.ts'
import { judgeRows } from '../../../control-api/imports/judge-rows.ts'
import { readCells } from '../../../control-api/imports/read-cells.ts'
import { rowsOfTable } from '../../../control-api/imports/rows-of-table.ts'
import type { SheetCell } from '../../../control-api/imports/sheet.ts'
import type { Holding } from '../../../control-api/registrations/holding.ts'
import { parseBlock } from '../../../rules/addresses/parse-block.ts'
import { DEFAULT_REGISTRATION_POLICY } from '../../../rules/addresses/registration-policy.ts'
import { START_MS } from '../../support/registrations.ts'

const words = createMappingWords(DEFAULT_COLUMN_MAPPING)
const HEADER = [
  'STT',
  'Tên CSKCB',
  'Mã CSKCB',
  'Địa chỉ IP',
  'Nhà mạng',
  'Địa chỉ sử dụng',
  'Ghi chú',
  'Mã tỉnh',
  'Loại',
  'Lý do dùng chung',
]

type Given = string | Partial<SheetCell> | null
const cell = (given: Given): SheetCell | undefined =>
  given === null
    ? undefined
    : { text: '', kind: 'text', isMerged: false, ...(typeof given === 'string' ? { text: given } : given) }

/** `add 01234 14.160.12.34` and the like, with other cells by title. */
function aRow(section: string, facility: Given, block: Given, more: Readonly<Record<string, Given>> = {}): Given[] {
  const values: Record<string, Given> = {
    STT: '1',
    'Tên CSKCB': 'Trạm y tế xã mẫu',
    'Mã CSKCB': facility,
    'Địa chỉ IP': block,
    Loại: section,
    ...more,
  }
  return HEADER.map((title) => values[title] ?? null)
}

function judge(rows: Given[][], holdings: Holding[] = [], province: string | null = '01') {
  const sheet = {
    name: 'IP',
    isHidden: false,
    rows: [HEADER, ...rows].map((given, index) => ({ row: index + 1, cells: given.map(cell) })),
  }
  const table = rowsOfTable(findTable([sheet], words), words)
  const read = table.rows.map((row) => {
    const result = readCells(row, { province: province ?? undefined, policy: DEFAULT_REGISTRATION_POLICY, atMs: START_MS })
    return 'code' in result ? { row, fault: result } : result
  })
  return judgeRows(read, { sheet: 'IP', dispatch: '11/BHXH', effectiveFromMs: START_MS, holdings })
}

const outcome = (...given: Parameters<typeof judge>) =>
  judge(...given).map(({ verdict }) => [verdict.row, verdict.verdict, verdict.code])

function aHolding(facility: string, block: string, more: Partial<Holding> = {}): Holding {
  return {
    id: 7,
    facility,
    facilityName: 'Bệnh viện mẫu',
    province: '01',
    block: parseBlock(block),
    effectiveFromMs: START_MS,
    effectiveUntilMs: null,
    sharedReason: null,
    dispatch: '9/BHXH',
    state: 'approved',
    cancelImportId: null,
    ...more,
  }
}

describe('judgeRows, one row', () => {
  it.each<[Given[], string, string]>([
    [aRow('Add', '01234', '10.1.2.3'), 'PRIVATE_USE', 'private address'],
    [aRow('Add', '01234', '100.64.1.1'), 'SHARED_ADDRESS_SPACE', 'carrier NAT'],
    [aRow('Add', '01234', '１４.160.12.34'), 'NOT_ASCII', 'full-width digits'],
    [aRow('Add', '01234', '14.160.12.34, 14.160.12.35'), 'LIST', 'several addresses in one cell'],
    [aRow('Add', '01234', '14.160.12.34\n14.160.12.35'), 'WHITESPACE', 'several addresses on lines of one cell'],
    [aRow('Add', '01234', '14.160.12.34 - 14.160.12.40'), 'RANGE', 'a range'],
    [aRow('Add', '01234', '14.160.12'), 'OCTET_COUNT', 'an address cut short'],
    [aRow('Add', '01234', '14.160.0.0/16'), 'TOO_WIDE', 'wider than the policy takes'],
    [aRow('Add', '01234', { text: '14160.12', kind: 'number' }), 'BLOCK_NUMERIC', 'the spreadsheet made a number of it'],
    [aRow('Add', '01234', null), 'BLOCK_MISSING', 'no address'],
    [aRow('Add', null, '14.160.12.34'), 'FACILITY_MISSING', 'no facility code'],
    [aRow('Add', { text: '1234', kind: 'number' }, '14.160.12.34'), 'LEADING_ZERO_LOST', 'a number ate the zero'],
    [aRow('Add', '1234', '14.160.12.34'), 'LEADING_ZERO_LOST', 'text without the zero'],
    [aRow('Add', '０1234', '14.160.12.34'), 'FACILITY_MALFORMED', 'full-width digit in the code'],
    [aRow('Add', '01234_BV', '14.160.12.34'), 'FACILITY_MALFORMED', 'an account, not a code'],
    [aRow('Add', '01234', '14.160.12.34', { 'Tên CSKCB': null }), 'NAME_MISSING', 'no name'],
    [aRow('Add', '01234', '14.160.12.34', { 'Tên CSKCB': 'x'.repeat(201) }), 'TEXT_TOO_LONG', 'a name no unit has'],
    [aRow('Add', '01234', '14.160.12.34', { 'Nhà mạng': 'VN\u001b[31mPT' }), 'CONTROL_TEXT', 'terminal escape in a text'],
    [aRow('Add', '01234', { text: '14.160.12.34', kind: 'formula' }), 'FORMULA', 'a formula, though its value is fine'],
    [aRow('Add', { text: '01234', isMerged: true }, '14.160.12.34'), 'MERGED_CELLS', 'first of merged cells'],
    [aRow('Add', { text: '', isMerged: true }, '14.160.12.34'), 'MERGED_CELLS', 'below merged cells'],
    [aRow('Add', '01234', { text: '#N/A', kind: 'error' }), 'CELL_ERROR', 'spreadsheet error'],
    [aRow('Sửa', '01234', '14.160.12.34'), 'SECTION_MISSING', 'neither add nor cancel'],
    [aRow('Add', '01234', '14.160.12.34', { 'Mã tỉnh': '79' }), 'PROVINCE_DIFFERS', 'another province than the import'],
    [aRow('Hủy', '01234', '14.160.12.34'), 'NOT_HELD', 'cancel of what nobody holds'],
  ])('refuses %j with %s: %s', (row, code, _reason) => {
    expect(outcome([row])).toEqual([[2, 'refused', code]])
  })

  it.each([
    ['79', 'add', null, 'the row names its own'],
    [null, 'refused', 'PROVINCE_MISSING', 'nobody names one'],
    ['03', 'refused', 'ROW_PROVINCE_UNKNOWN', 'a code that never was'],
  ])('province %j without one of the import: %s %s, %s', (province, verdict, code, _reason) => {
    const [judged] = judge([aRow('Add', '01234', '14.160.12.34', { 'Mã tỉnh': province })], [], null)
    expect([judged?.verdict.verdict, judged?.verdict.code]).toEqual([verdict, code])
    if (verdict === 'add') expect(judged?.order?.province).toBe(province)
  })

  it('says sheet, row, column and what to do, in both languages', () => {
    const [judged] = judge([aRow('Add', { text: '1234', kind: 'number' }, '14.160.12.34')])
    expect(judged?.verdict).toMatchObject({
      field: 'facility',
      value: '1234',
      message: {
        vi: 'Trang "IP", dòng 2, cột C (Mã CSKCB): mã CSKCB "1234" không đủ 5 chữ số; bảng tính đã bỏ số 0 ở đầu. Hãy định dạng cột là Text và nhập lại đủ 5 chữ số.',
        en: 'Sheet "IP", row 2, column C (Mã CSKCB): the facility code "1234" has fewer than five digits: the spreadsheet dropped its leading zeros. Format the column as Text and enter all five digits.',
      },
    })
  })

  it('quotes hostile text escaped and cut', () => {
    const [judged] = judge([aRow('Add', '01234', `=cmd|' /C calc'!A0\u001b[2J${'x'.repeat(500)}`)])
    expect(judged?.verdict.message.en).toContain(String.raw`"=cmd|' /C calc'!A0\u001b[2J`)
    expect(judged?.verdict.message.en.length).toBeLessThan(400)
    expect(judged?.verdict.value.length).toBe(200)
  })
})

describe('judgeRows, rows against each other', () => {
  const A = aRow('Add', '01234', '14.160.12.34')
  it.each<[Given[][], unknown[], string]>([
    [
      [A, A],
      [
        [2, 'add', null],
        [3, 'refused', 'DUPLICATE_ROW'],
      ],
      'the same row twice',
    ],
    [
      [A, aRow('Add', '79001', '14.160.12.34')],
      [
        [2, 'refused', 'CONFLICT_IN_FILE'],
        [3, 'refused', 'CONFLICT_IN_FILE'],
      ],
      'two units claim one address: nobody knows which is right',
    ],
    [
      [A, aRow('Add', '79001', '14.160.12.32/29')],
      [
        [2, 'refused', 'CONFLICT_IN_FILE'],
        [3, 'refused', 'CONFLICT_IN_FILE'],
      ],
      'a prefix around the address of another unit',
    ],
    [
      [A, aRow('Add', '79001', '14.160.12.34', { 'Lý do dùng chung': 'chung một đám mây' })],
      [
        [2, 'add', null],
        [3, 'add', null],
      ],
      'an explicit shared exception',
    ],
    [
      [A, aRow('Add', '01234', '14.160.12.32/29')],
      [
        [2, 'add', null],
        [3, 'add', null],
      ],
      'a unit may overlap itself',
    ],
    [
      [A, aRow('Hủy', '01234', '14.160.12.34')],
      [
        [2, 'refused', 'CONTRADICTION'],
        [3, 'refused', 'CONTRADICTION'],
      ],
      'added and cancelled at once',
    ],
  ])('judges %j as %j: %s', (rows, expected, _reason) => {
    expect(outcome(rows)).toEqual(expected)
  })
})

describe('judgeRows against who holds what', () => {
  const A = aRow('Add', '01234', '14.160.12.34')
  const cancelA = aRow('Huỷ', '01234', '14.160.12.34')
  it.each<[Given[][], Holding[], unknown[], string]>([
    [[A], [aHolding('01234', '14.160.12.34')], [[2, 'unchanged', 'UNCHANGED']], 'the unit holds it'],
    [[A], [aHolding('79001', '14.160.12.34')], [[2, 'refused', 'CONFLICT']], 'another unit holds it'],
    [[A], [aHolding('79001', '14.160.12.0/24')], [[2, 'refused', 'CONFLICT']], 'another unit holds the prefix around it'],
    [
      [A],
      [aHolding('79001', '14.160.12.34', { effectiveUntilMs: START_MS })],
      [[2, 'add', null]],
      'the other has run out by then',
    ],
    [[cancelA], [aHolding('01234', '14.160.12.34')], [[2, 'cancel', null]], 'the unit cancels its own'],
    [
      [cancelA],
      [aHolding('79001', '14.160.12.34')],
      [[2, 'refused', 'HELD_BY_OTHER_UNIT']],
      'a cancel of what another unit holds',
    ],
    [[cancelA], [aHolding('01234', '14.160.12.0/24')], [[2, 'refused', 'NOT_HELD']], 'a cancel of a part of what it holds'],
    [
      [cancelA],
      [aHolding('01234', '14.160.12.34', { cancelImportId: 'i-1' })],
      [[2, 'unchanged', 'CANCEL_PENDING']],
      'asked before',
    ],
    [
      [A, aRow('Hủy', '79001', '14.160.12.34')],
      [aHolding('79001', '14.160.12.34')],
      [
        [2, 'add', null],
        [3, 'cancel', null],
      ],
      'the address changes hands in one file, whatever the order of rows',
    ],
  ])('judges %j beside %j as %j: %s', (rows, holdings, expected, _reason) => {
    expect(outcome(rows, holdings)).toEqual(expected)
  })
})
