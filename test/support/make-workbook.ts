import { type CellObject, utils, type WorkSheet, write } from '@e965/xlsx'

/** A cell: plain, or with a formula beside its value. */
export type Cell = string | number | { readonly formula: string; readonly value: string } | null

export interface Sheet {
  readonly rows: readonly (readonly Cell[])[]
  /** Ranges whose cells are merged: `A3:A5`. */
  readonly merged?: readonly string[]
}

/** The header of form 02/th-ip-ctn. 1923/BHXH-CNTT. */
export const FORM_02_HEADER = ['STT', 'Tên CSKCB', 'Mã CSKCB', 'Địa chỉ IP', 'Nhà mạng', 'Địa chỉ sử dụng', 'Ghi chú'] as const

/** The bytes of an XLSX workbook with these sheets. */
export function makeWorkbook(sheets: Readonly<Record<string, Sheet>>): Uint8Array {
  const book = utils.book_new()
  for (const [name, sheet] of Object.entries(sheets)) utils.book_append_sheet(book, makeSheet(sheet), name)
  return write(book, { type: 'buffer', bookType: 'xlsx', compression: true }) as Uint8Array
}

function makeSheet({ rows, merged = [] }: Sheet): WorkSheet {
  const cells = rows.map((row) =>
    row.map((cell): CellObject | string | number | null => {
      if (cell === null || typeof cell !== 'object') return cell
      return { t: 's', v: cell.value, f: cell.formula }
    }),
  )
  const sheet = utils.aoa_to_sheet(cells)
  if (merged.length > 0) sheet['!merges'] = merged.map((range) => utils.decode_range(range))
  return sheet
}
