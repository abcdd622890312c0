import { type CellObject, type DenseWorkSheet, type Range, read, type WorkBook, type WorkSheet } from '@e965/xlsx'
import { ControlError } from '../http/control-error.ts'
import { checkZip } from './check-zip.ts'
import type { ImportLimits, Sheet, SheetCell, SheetRow } from './sheet.ts'

const MAX_MERGED_CELLS = 1_000_000

/** Reads an .xlsx workbook. @throws ControlError FILE_DAMAGED, FILE_PROTECTED, FILE_TOO_LARGE, OLD_WORKBOOK, TOO_MANY_ROWS */
export function readXlsx(bytes: Buffer, limits: ImportLimits): Sheet[] {
  const names = checkZip(bytes, limits)
  if (!names.has('xl/workbook.xml')) {
    throw new ControlError(
      'OLD_WORKBOOK',
      'The file is an archive but no .xlsx workbook (it may be .xlsb or .ods). Save it as .xlsx and send that.',
      {
        vi: 'Tệp không phải là .xlsx (có thể là .xlsb hoặc .ods); hãy lưu lại dạng .xlsx.',
      },
    )
  }
  const book = parse(bytes, limits)
  return book.SheetNames.map((name, index) => ({
    name,
    isHidden: (book.Workbook?.Sheets?.[index]?.Hidden ?? 0) !== 0,
    rows: rowsOf(name, book.Sheets[name], limits),
  }))
}

function parse(bytes: Buffer, limits: ImportLimits): WorkBook {
  try {
    // One row more than may be: so that too many can be told from just enough.
    return read(bytes, { type: 'buffer', dense: true, sheetRows: limits.maxRows + 1, cellHTML: false, cellDates: false })
  } catch (error) {
    throw new ControlError('FILE_DAMAGED', 'The workbook cannot be read. Open it, save it again as .xlsx and send that.', {
      vi: 'Tệp bị hỏng, không đọc được; hãy mở, lưu lại dạng .xlsx rồi gửi lại.',
      cause: error,
    })
  }
}

function rowsOf(name: string, sheet: WorkSheet | undefined, limits: ImportLimits): SheetRow[] {
  const data = (sheet as DenseWorkSheet | undefined)?.['!data'] ?? []
  const ranges = sheet?.['!merges'] ?? []
  const merged = mergedCells(ranges, data.length, limits)
  const width = Math.min(limits.maxColumns, Math.max(widest(data), rightmost(ranges)))
  const rows: SheetRow[] = []
  for (const [index, cells] of data.entries()) {
    if (cells === undefined) continue
    // A row's array ends at its last value; merged cells may reach further.
    const read = Array.from({ length: width }, (_hole, column) => cellOf(cells[column], merged.has(`${index}:${column}`)))
    if (read.every((cell) => cell === undefined)) continue
    if (index >= limits.maxRows) {
      throw new ControlError('TOO_MANY_ROWS', `Sheet ${JSON.stringify(name)} has more than ${limits.maxRows} rows. Split it.`, {
        vi: `Trang tính ${JSON.stringify(name)} có hơn ${limits.maxRows} dòng; hãy chia nhỏ.`,
      })
    }
    rows.push({ row: index + 1, cells: read })
  }
  return rows
}

/** Cells that are part of a merged range, as `row:column`; the first of a range holds its value. */
function mergedCells(ranges: readonly Range[], rows: number, limits: ImportLimits): ReadonlySet<string> {
  const cells = new Set<string>()
  let visited = 0
  for (const { s, e } of ranges) {
    for (let row = s.r; row <= Math.min(e.r, rows - 1); row += 1) {
      for (let column = s.c; column <= Math.min(e.c, limits.maxColumns - 1); column += 1) {
        visited += 1
        if (visited > MAX_MERGED_CELLS) throw tooManyMerged()
        cells.add(`${row}:${column}`)
      }
    }
  }
  return cells
}

function tooManyMerged(): ControlError {
  return new ControlError('FILE_TOO_LARGE', `The sheet has more than ${MAX_MERGED_CELLS} merged cells. Unmerge them.`, {
    vi: 'Trang tính có quá nhiều ô gộp; hãy bỏ gộp ô.',
  })
}

function rightmost(ranges: readonly Range[]): number {
  return ranges.reduce((most, range) => Math.max(most, range.e.c + 1), 0)
}

function widest(data: readonly (readonly unknown[] | undefined)[]): number {
  return data.reduce((most, cells) => Math.max(most, cells?.length ?? 0), 0)
}

function cellOf(cell: CellObject | undefined, isMerged: boolean): SheetCell | undefined {
  // A merged cell without a value still is one: the row below a merged name has no name of its own.
  if (cell === undefined) return isMerged ? { text: '', kind: 'text', isMerged } : undefined
  if (cell.f !== undefined) return { text: textOf(cell), kind: 'formula', isMerged }
  const text = textOf(cell)
  if (text === '' && !isMerged) return undefined
  if (cell.t === 'n') return { text, kind: 'number', isMerged }
  if (cell.t === 'e') return { text, kind: 'error', isMerged }
  return { text, kind: cell.t === 's' ? 'text' : 'other', isMerged }
}

/** What the spreadsheet shows where that only adds leading zeros (format 00000), the bare value otherwise. */
function textOf(cell: CellObject): string {
  const bare = cell.v === undefined || cell.v === null ? '' : String(cell.v)
  if (cell.t !== 'n' || cell.w === undefined) return bare.trim()
  return /^0*\d+$/.test(cell.w) && Number(cell.w) === cell.v ? cell.w : bare
}
