import { setImmediate } from 'node:timers/promises'
import { hideIdentifiers } from '../../rules/requests/hide-identifiers.ts'
import type { ImportField, MappingWords } from './column-mapping.ts'
import { type Columns, type FoundTable, findColumns } from './find-table.ts'
import type { Form, Section } from './form.ts'
import type { SheetCell, SheetRow } from './sheet.ts'

/** One row that asks for something. */
export interface ImportRow<F extends string = ImportField> {
  readonly row: number
  /** `undefined` where neither a title above nor a column says it. */
  readonly section: Section | undefined
  readonly cells: Readonly<Partial<Record<F, SheetCell>>>
  readonly columns: Columns<F>
}

/** A row that asks for nothing: a title, a sum, the numbers under a header. Told, so that nothing disappears in silence. */
export interface IgnoredRow {
  readonly row: number
  readonly text: string
}

export interface TableRows<F extends string = ImportField> {
  readonly rows: readonly ImportRow<F>[]
  readonly ignored: readonly IgnoredRow[]
}

/** Rows read between two looks at everybody else. */
const BREATH_ROWS = 2000
const MAX_IGNORED_TEXT = 120

/**
 * The rows of a table with their section. A section is named by a title row (Thêm mới, Hủy) or, in the master sheet, by a column. Where a table has neither,
 * all of it adds. A header may come again below a title.
 */
export function rowsOfTable<F extends string>(table: FoundTable<F>, mapping: MappingWords<F>): TableRows<F> {
  const reading = readTable(table, mapping)
  for (;;) {
    const { done, value } = reading.next()
    if (done === true) return value
  }
}

/** The same for a large table: others get their turn in between. */
export async function rowsOfLargeTable<F extends string>(table: FoundTable<F>, mapping: MappingWords<F>): Promise<TableRows<F>> {
  const reading = readTable(table, mapping)
  for (;;) {
    const { done, value } = reading.next()
    if (done === true) return value
    await setImmediate()
  }
}

/** Stops now and then, so that others get their turn. */
function* readTable<F extends string>(table: FoundTable<F>, mapping: MappingWords<F>): Generator<undefined, TableRows<F>> {
  const { form } = mapping
  const rows: ImportRow<F>[] = []
  const ignored: IgnoredRow[] = []
  let { columns } = table
  let section: Section | undefined
  let hasTitles = false
  for (const [count, row] of table.sheet.rows.entries()) {
    if (count % BREATH_ROWS === 0) yield
    const again =
      row.row < table.headerRow || hasFigures(row, columns.get(form.figures))
        ? undefined
        : findColumns(row, mapping, table.sheet.name)
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
    if (asksNothing(form, cells, row))
      ignored.push({ row: row.row, text: hideIdentifiers(textOf(row)).slice(0, MAX_IGNORED_TEXT) })
    else rows.push({ row: row.row, section: sectionOf(cells[form.section], section, mapping), cells, columns })
  }
  return {
    rows: hasTitles ? rows : rows.map((row) => (row.columns.has(form.section) ? row : { ...row, section: 'add' })),
    ignored,
  }
}

/** Spares most rows the look for titles: a header has no figures where the facility code stands. */
function hasFigures(row: SheetRow, column: number | undefined): boolean {
  return /\d/.test(row.cells[column ?? -1]?.text ?? '')
}

function sectionOf<F extends string>(
  cell: SheetCell | undefined,
  title: Section | undefined,
  mapping: MappingWords<F>,
): Section | undefined {
  return cell === undefined ? title : mapping.sectionOf(cell.text)
}

/** A title stands alone in its row, or beside its numeral: `II | Hủy`. */
function findTitle<F extends string>(row: SheetRow, columns: Columns<F>, mapping: MappingWords<F>): Section | undefined {
  const filled = row.cells.filter((cell) => cell !== undefined && cell.text !== '')
  if (filled.length === 0 || filled.length > 2) return undefined
  const keys = mapping.form.keys.map((key) => columns.get(key))
  const isTaken = filled.length === 2 && keys.some((column) => column !== undefined && hasText(row.cells[column]))
  return isTaken ? undefined : mapping.sectionOf(textOf(row))
}

function cellsOf<F extends string>(row: SheetRow, columns: Columns<F>): ImportRow<F>['cells'] {
  return Object.fromEntries(
    [...columns].flatMap(([field, column]) => {
      const cell = row.cells[column]
      return cell === undefined ? [] : [[field, cell] as const]
    }),
  ) as ImportRow<F>['cells']
}

/** Neither facility nor address, and no name beside an ordinal either; or only small numbers, as under a header. */
function asksNothing<F extends string>(form: Form<F>, cells: ImportRow<F>['cells'], row: SheetRow): boolean {
  const filled = row.cells.filter(hasText)
  if (filled.length >= 3 && filled.every((cell) => /^\(?\d{1,2}\)?$/.test(cell?.text ?? ''))) return true
  if (form.keys.some((key) => hasText(cells[key]))) return false
  return !(hasText(cells[form.name]) && /^\d+$/.test(cells[form.ordinal]?.text ?? ''))
}

function hasText(cell: SheetCell | undefined): boolean {
  return cell !== undefined && cell.text !== ''
}

function textOf(row: SheetRow): string {
  return row.cells.flatMap((cell) => (hasText(cell) ? [cell?.text] : [])).join(' ')
}
