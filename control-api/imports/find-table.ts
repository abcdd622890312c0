import { ControlError } from '../http/control-error.ts'
import type { ImportField, MappingWords } from './column-mapping.ts'
import type { Form } from './form.ts'
import { columnLetters, type Sheet, type SheetRow } from './sheet.ts'

/** Where each field stands in a sheet: columns from 0. */
export type Columns<F extends string = ImportField> = ReadonlyMap<F, number>

export interface FoundTable<F extends string = ImportField> {
  readonly sheet: Sheet
  /** As the spreadsheet shows it. */
  readonly headerRow: number
  readonly columns: Columns<F>
}

/** Two known columns make a header; fewer may be chance. */
const MIN_KNOWN_COLUMNS = 2

/**
 * The one sheet with a table that has the columns we need; `name` picks one where there are more.
 * @throws ControlError WRONG_SHEET, SEVERAL_SHEETS, COLUMN_MISSING, COLUMN_TWICE
 */
export function findTable<F extends string>(sheets: readonly Sheet[], mapping: MappingWords<F>, name?: string): FoundTable<F> {
  const { form } = mapping
  const looked = name === undefined ? sheets.filter((sheet) => !sheet.isHidden) : sheets.filter((sheet) => sheet.name === name)
  if (looked.length === 0) throw wrongSheet(form, sheets, name)
  const headers = looked.flatMap((sheet) => findHeader(sheet, mapping) ?? [])
  const tables = headers.filter((header) => missingFields(form, header.columns).length === 0)
  const [table, second] = tables
  if (table === undefined) throw headers[0] === undefined ? wrongSheet(form, sheets, name) : columnMissing(form, headers[0])
  if (second !== undefined) throw severalSheets(tables)
  return table
}

/** The columns that a header row names; `undefined` where it is no header. @throws ControlError COLUMN_TWICE */
export function findColumns<F extends string>(
  { cells, row }: SheetRow,
  mapping: MappingWords<F>,
  sheet: string,
): Columns<F> | undefined {
  const { form } = mapping
  const columns = new Map<F, number>()
  for (const [column, cell] of cells.entries()) {
    const field = cell === undefined ? undefined : mapping.fieldOf(cell.text)
    if (field === undefined) continue
    const before = columns.get(field)
    if (before !== undefined) throw columnTwice(form.titles[field], sheet, row, before, column)
    columns.set(field, column)
  }
  const isHeader = columns.size >= MIN_KNOWN_COLUMNS && form.keys.some((key) => columns.has(key))
  return isHeader ? columns : undefined
}

function findHeader<F extends string>(sheet: Sheet, mapping: MappingWords<F>): FoundTable<F> | undefined {
  for (const row of sheet.rows) {
    if (row.row > mapping.headerRows) return undefined
    const columns = findColumns(row, mapping, sheet.name)
    if (columns !== undefined) return { sheet, headerRow: row.row, columns }
  }
  return undefined
}

function missingFields<F extends string>(form: Form<F>, columns: Columns<F>): F[] {
  return form.required.filter((field) => !columns.has(field))
}

function quoted(names: readonly string[]): string {
  return names
    .slice(0, 10)
    .map((name) => JSON.stringify(name.slice(0, 60)))
    .join(', ')
}

function wrongSheet<F extends string>(form: Form<F>, sheets: readonly Sheet[], name: string | undefined): ControlError {
  const found = quoted(sheets.map((sheet) => `${sheet.name}${sheet.isHidden ? ' (hidden)' : ''}`))
  const needed = form.required.map((field) => form.titles[field]).join(' | ')
  const lacking = name === undefined ? 'No sheet' : `No sheet named ${JSON.stringify(name.slice(0, 60))}`
  return new ControlError('WRONG_SHEET', `${lacking} has a header row with ${needed}. Sheets found: ${found}.`, {
    vi: `Không có trang tính nào có dòng tiêu đề gồm ${needed}. Các trang tính trong tệp: ${found}.`,
    facts: { sheets: sheets.map((sheet) => sheet.name) },
  })
}

function severalSheets(tables: readonly { readonly sheet: Sheet }[]): ControlError {
  const names = quoted(tables.map((table) => table.sheet.name))
  return new ControlError(
    'SEVERAL_SHEETS',
    `More than one sheet has such a table: ${names}. Say which with ?sheet=, or send one sheet.`,
    {
      vi: `Có nhiều trang tính chứa bảng: ${names}. Hãy chỉ rõ trang tính, hoặc chỉ gửi một trang.`,
      facts: { sheets: tables.map((table) => table.sheet.name) },
    },
  )
}

function columnMissing<F extends string>(form: Form<F>, { sheet, headerRow, columns }: FoundTable<F>): ControlError {
  const missing = missingFields(form, columns).map((field) => form.titles[field])
  const found = [...columns.keys()].map((field) => form.titles[field])
  return new ControlError(
    'COLUMN_MISSING',
    `Sheet ${JSON.stringify(sheet.name)}, row ${headerRow}: the column ${quoted(missing)} is missing (found: ${quoted(found)}). Add it, or correct its title.`,
    {
      vi: `Trang tính ${JSON.stringify(sheet.name)}, dòng ${headerRow}: thiếu cột ${quoted(missing)} (đã có: ${quoted(found)}). Hãy thêm cột hoặc sửa tiêu đề.`,
      facts: { sheet: sheet.name, row: headerRow, missing },
    },
  )
}

function columnTwice(titleText: string, sheet: string, row: number, first: number, second: number): ControlError {
  const [a, b] = [columnLetters(first), columnLetters(second)]
  const title = JSON.stringify(titleText)
  return new ControlError(
    'COLUMN_TWICE',
    `Sheet ${JSON.stringify(sheet)}, row ${row}: the columns ${a} and ${b} are both ${title}. Keep one.`,
    {
      vi: `Trang tính ${JSON.stringify(sheet)}, dòng ${row}: cột ${a} và ${b} cùng là ${title}. Hãy giữ một cột.`,
      facts: { sheet, row, columns: [a, b] },
    },
  )
}
