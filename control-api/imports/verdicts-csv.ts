import type { ImportVerdictRow } from './import-tables.ts'

const HEADER = [
  'Dòng / row',
  'Mục / section',
  'Kết quả / verdict',
  'Mã / code',
  'Mã CSKCB',
  'Địa chỉ IP',
  'Giá trị / value',
  'Giải thích',
  'Explanation',
]

/** A spreadsheet takes a cell that begins like this for a formula (OWASP, "CSV Injection"); an apostrophe keeps it text. */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/

/** UTF-8 BOM, by which Excel knows the encoding. */
export const CSV_HEAD = `\uFEFF${line(HEADER)}`

/** One verdict as a CSV line (RFC 4180). */
export function verdictLine(row: ImportVerdictRow): string {
  return line([
    String(row.row),
    row.section ?? '',
    row.verdict,
    row.code ?? '',
    row.facility,
    row.block,
    row.value,
    row.message_vi,
    row.message_en,
  ])
}

function line(cells: readonly string[]): string {
  return `${cells.map(cellText).join(',')}\r\n`
}

function cellText(value: string): string {
  const safe = FORMULA_START.test(value) ? `'${value}` : value
  return `"${safe.replaceAll('"', '""')}"`
}
