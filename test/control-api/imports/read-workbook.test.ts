import { deflateRawSync } from 'node:zlib'
import { utils, write } from '@e965/xlsx'
import { describe, expect, it } from 'vitest'
import { readWorkbook } from '../../../control-api/imports/read-workbook.ts'
import { IMPORT_LIMITS, type ImportLimits } from '../../../control-api/imports/sheet.ts'
import { FORM_02_HEADER, makeWorkbook } from '../../support/make-workbook.ts'

const read = (bytes: Uint8Array, limits: Partial<ImportLimits> = {}) => readWorkbook(bytes, { ...IMPORT_LIMITS, ...limits })
const texts = (bytes: Uint8Array) => read(bytes)[0]?.rows.map((row) => [row.row, ...row.cells.map((cell) => cell?.text ?? null)])
const codeOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}
const utf16 = (text: string, bigEndian: boolean) => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le')
  return bigEndian ? bytes.swap16() : bytes
}

describe('readWorkbook, CSV', () => {
  const expected = [
    [1, 'STT', 'Tên CSKCB', 'Mã CSKCB'],
    [3, '1', 'Trạm y tế, xã mẫu', '01234'],
  ]
  const comma = 'STT,Tên CSKCB,Mã CSKCB\r\n\r\n1,"Trạm y tế, xã mẫu",01234\r\n'
  const semicolon = 'STT;Tên CSKCB;Mã CSKCB\n\n1;Trạm y tế, xã mẫu;01234'
  it.each<[string, Uint8Array]>([
    ['UTF-8', Buffer.from(comma)],
    ['UTF-8 with BOM', Buffer.from(`\uFEFF${comma}`)],
    ['semicolons, as Excel writes them in Vietnam', Buffer.from(semicolon)],
    ['tabs', Buffer.from(semicolon.replaceAll(';', '\t'))],
    ['UTF-16, little end first', utf16(semicolon.replaceAll(';', '\t'), false)],
    ['UTF-16, big end first', utf16(comma, true)],
  ])('reads %s and keeps the row numbers', (_name, bytes) => {
    expect(texts(bytes)).toEqual(expected)
  })

  it("takes Excel's sep= line and keeps row numbers", () => {
    expect(texts(Buffer.from('sep=;\nSTT;Mã CSKCB\n1;01234'))).toEqual([
      [2, 'STT', 'Mã CSKCB'],
      [3, '1', '01234'],
    ])
  })

  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'FILE_EMPTY'],
    ['blank lines', Buffer.from('\n\n;;;\n'), 'FILE_EMPTY'],
    ['a legacy code page', Buffer.from('STT,T\xean CSKCB\n', 'latin1'), 'NOT_UTF8'],
    ['a quotation mark that never closes', Buffer.from('STT,"Tên\n1,2\n'), 'FILE_DAMAGED'],
    ['binary bytes', Buffer.from([1, 2, 0, 4, 5]), 'FILE_DAMAGED'],
  ])('refuses %s', (_name, bytes, code) => {
    expect(codeOf(() => read(bytes))).toBe(code)
  })
})

describe('readWorkbook, XLSX', () => {
  const row = [1, 'Trạm y tế xã mẫu', '01234', ' 14.160.12.34 ', 'VNPT', 'xã mẫu', null]

  it('reads text as text, numbers as numbers, and trims the ends', () => {
    const [sheet] = read(makeWorkbook({ 'Biểu 02': { rows: [[...FORM_02_HEADER], row] } }))
    expect(sheet?.name).toBe('Biểu 02')
    expect(sheet?.rows[1]?.cells.slice(0, 4)).toEqual([
      { text: '1', kind: 'number', isMerged: false },
      { text: 'Trạm y tế xã mẫu', kind: 'text', isMerged: false },
      { text: '01234', kind: 'text', isMerged: false },
      { text: '14.160.12.34', kind: 'text', isMerged: false },
    ])
  })

  it('shows leading zeros that a number format adds, and no others', () => {
    const sheet = utils.aoa_to_sheet([[1234, 1234, 45_000]])
    Object.assign(sheet.A1, { z: '00000' })
    Object.assign(sheet.C1, { z: 'dd/mm/yyyy' })
    const book = utils.book_new(sheet, 'IP')
    const bytes = write(book, { type: 'buffer', bookType: 'xlsx' }) as Uint8Array
    expect(texts(bytes)).toEqual([[1, '01234', '1234', '45000']])
  })

  it('marks formulas and every cell of a merged range, the empty ones too', () => {
    const bytes = makeWorkbook({
      IP: { rows: [['a', { formula: 'A1&"x"', value: 'ax' }], ['b'], [null, 'c']], merged: ['A2:B3'] },
    })
    expect(read(bytes)[0]?.rows.map(({ cells }) => cells.map((cell) => `${cell?.kind} ${cell?.isMerged} ${cell?.text}`))).toEqual(
      [
        ['text false a', 'formula false ax'],
        ['text true b', 'text true '],
        ['text true ', 'text true c'],
      ],
    )
  })

  it('tells hidden sheets from others', () => {
    const book = utils.book_new(utils.aoa_to_sheet([['a']]), 'A')
    utils.book_append_sheet(book, utils.aoa_to_sheet([['b']]), 'B')
    book.Workbook = { Sheets: [{ name: 'A', Hidden: 1 }, { name: 'B' }] }
    expect(read(write(book, { type: 'buffer', bookType: 'xlsx' }) as Uint8Array).map((sheet) => sheet.isHidden)).toEqual([
      true,
      false,
    ])
  })

  const whole = Buffer.from(makeWorkbook({ IP: { rows: [[...FORM_02_HEADER], row] } }))
  it.each<[string, Uint8Array, string]>([
    ['cut in the middle', whole.subarray(0, whole.length / 2), 'FILE_DAMAGED'],
    [
      'with bytes overwritten',
      Buffer.concat([whole.subarray(0, 60), Buffer.alloc(200, 0x41), whole.subarray(260)]),
      'FILE_DAMAGED',
    ],
    ['that is a ZIP of something else', aZip([['mimetype', 'application/vnd.oasis.opendocument.spreadsheet']]), 'OLD_WORKBOOK'],
    ['that says it unpacks to 3 GB', aZip([['xl/workbook.xml', 'x']], { unpackedBytes: 3_000_000_000 }), 'FILE_TOO_LARGE'],
    ['that lies about its size', aZip([['xl/workbook.xml', 'x'.repeat(5_000_000)]], { unpackedBytes: 100 }), 'FILE_DAMAGED'],
    ['whose parts are encrypted', aZip([['xl/workbook.xml', 'x']], { flags: 1 }), 'FILE_PROTECTED'],
    ['with thousands of parts', aZip(Array.from({ length: 1001 }, (_none, i) => [`p${i}`, ''])), 'FILE_TOO_LARGE'],
    [
      'in the old .xls format',
      write(utils.book_new(utils.aoa_to_sheet([['a']]), 'A'), { type: 'buffer', bookType: 'biff8' }),
      'OLD_WORKBOOK',
    ],
    [
      'with a password',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(1000), Buffer.from('EncryptedPackage', 'utf16le')]),
      'FILE_PROTECTED',
    ],
  ])('refuses a workbook %s', (_name, bytes, code) => {
    expect(codeOf(() => read(bytes))).toBe(code)
  })

  it('refuses more bytes and more rows than the limits', () => {
    expect(codeOf(() => read(whole, { maxBytes: whole.length - 1 }))).toBe('FILE_TOO_LARGE')
    expect(codeOf(() => read(whole, { maxRows: 1 }))).toBe('TOO_MANY_ROWS')
    expect(codeOf(() => read(Buffer.from('a\nb\nc'), { maxRows: 2 }))).toBe('TOO_MANY_ROWS')
    expect(read(whole, { maxRows: 2 })).toHaveLength(1)
  })

  it('does not open the entities of a hostile workbook', () => {
    const bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>'
    expect(['FILE_DAMAGED', 'FILE_EMPTY']).toContain(
      codeOf(() =>
        read(
          aZip([
            ['[Content_Types].xml', bomb],
            ['xl/workbook.xml', bomb],
          ]),
        ),
      ),
    )
  })
})

/** A ZIP archive by hand, so that it can lie. */
function aZip(files: readonly (readonly [string, string])[], lie: { unpackedBytes?: number; flags?: number } = {}): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, text] of files) {
    const packed = deflateRawSync(text)
    const sizes = Buffer.alloc(12)
    sizes.writeUInt32LE(packed.length, 4)
    sizes.writeUInt32LE(lie.unpackedBytes ?? text.length, 8)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(lie.flags ?? 0, 6)
    local.writeUInt16LE(8, 8)
    sizes.copy(local, 14)
    local.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(lie.flags ?? 0, 8)
    entry.writeUInt16LE(8, 10)
    sizes.copy(entry, 16)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(at, 42)
    parts.push(local, Buffer.from(name), packed)
    directory.push(entry, Buffer.from(name))
    at += 30 + name.length + packed.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}
