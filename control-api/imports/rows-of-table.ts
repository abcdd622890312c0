import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import type { ImportField, MappingWords } from './column-mapping.ts'
import { type Columns, type FoundTable, findColumns } from './find-table.ts'
import type { SheetCell, SheetRow } from './sheet.ts'

export type Section = 'add' | 'cancel'

/** One row that asks for something. */
export interface ImportRow {
  readonly row: number
  /** `undefined` where neither a title above nor a column says it. */
  readonly section: Section | undefined
  readonly cells: Readonly<Partial<Record<ImportField, SheetCell>>>
  readonly columns: Columns
}

/** A row that asks for nothing: a title, a sum, the numbers under a header. Told, so that nothing disappears in silence. */
export interface IgnoredRow {
  readonly row: number
  readonly text: string
}

export interface TableRows {
  readonly rows: readonly ImportRow[]
  readonly ignored: readonly IgnoredRow[]
}

const MAX_IGNORED_TEXT = 120

/**
 * The rows of a table with their section. A section is named by a title row (Thêm mới, Hủy) or, in the master sheet, by a column. Where a table has neither,
 * all of it adds. A header may come again below a title.
 */
export function rowsOfTable(table: FoundTable, mapping: MappingWords): TableRows {
  const rows: ImportRow[] = []
  const ignored: IgnoredRow[] = []
  let { columns } = table
  let section: Section | undefined
  let hasTitles = false
  for (const row of table.sheet.rows) {
    const again = row.row < table.headerRow || hasFigures(row, columns) ? undefined : findColumns(row, mapping, table.sheet.name)
    if (again !== undefined) {
      columns = again
      continue
    }
    const title = findTitle(row, columns, mapping)
    if (title !== undefined) {
      section = title
      hasTitles = true
      continue
    }
    if (row.row < table.headerRow) continue
    const cells = cellsOf(row, columns)
    if (asksNothing(cells, row)) ignored.push({ row: row.row, text: hideIdentifiers(textOf(row)).slice(0, MAX_IGNORED_TEXT) })
    else rows.push({ row: row.row, section: sectionOf(cells, section, mapping), cells, columns })
  }
  return { rows: hasTitles ? rows : rows.map(withDefault), ignored }
}

/** Spares most rows the look for titles: a header has no figures where the facility code stands. */
function hasFigures(row: SheetRow, columns: Columns): boolean {
  return /\d/.test(row.cells[columns.get('facility') ?? -1]?.text ?? '')
}

function withDefault(row: ImportRow): ImportRow {
  return row.columns.has('section') ? row : { ...row, section: 'add' }
}

function sectionOf(cells: ImportRow['cells'], title: Section | undefined, mapping: MappingWords): Section | undefined {
  return cells.section === undefined ? title : mapping.sectionOf(cells.section.text)
}

/** A title stands alone in its row, or beside its numeral: `II | Hủy`. */
function findTitle(row: SheetRow, columns: Columns, mapping: MappingWords): Section | undefined {
  const filled = row.cells.filter((cell) => cell !== undefined && cell.text !== '')
  if (filled.length === 0 || filled.length > 2) return undefined
  const [facility, block] = [columns.get('facility'), columns.get('block')]
  const isTaken = filled.length === 2 && [facility, block].some((column) => column !== undefined && hasText(row.cells[column]))
  return isTaken ? undefined : mapping.sectionOf(textOf(row))
}

function cellsOf(row: SheetRow, columns: Columns): ImportRow['cells'] {
  return Object.fromEntries(
    [...columns].flatMap(([field, column]) => {
      const cell = row.cells[column]
      return cell === undefined ? [] : [[field, cell] as const]
    }),
  )
}

/** Neither facility nor address, and no name beside an ordinal either; or only small numbers, as under a header. */
function asksNothing(cells: ImportRow['cells'], row: SheetRow): boolean {
  const filled = row.cells.filter(hasText)
  if (filled.length >= 3 && filled.every((cell) => /^\(?\d{1,2}\)?$/.test(cell?.text ?? ''))) return true
  if (hasText(cells.facility) || hasText(cells.block)) return false
  return !(hasText(cells.facilityName) && /^\d+$/.test(cells.ordinal?.text ?? ''))
}

function hasText(cell: SheetCell | undefined): boolean {
  return cell !== undefined && cell.text !== ''
}

function textOf(row: SheetRow): string {
  return row.cells.flatMap((cell) => (hasText(cell) ? [cell?.text] : [])).join(' ')
}
