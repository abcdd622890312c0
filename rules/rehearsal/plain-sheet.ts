/** A cell as a spreadsheet gets it: text stays text, whatever it begins with. */
export type PlainCell = string | number | null

/** A sheet of a workbook, or a CSV file. */
export interface PlainSheet {
  /** At most 31 characters, none of `[]:*?/\`. */
  readonly name: string
  readonly columns: readonly PlainColumn[]
  readonly rows: readonly (readonly PlainCell[])[]
}

export interface PlainColumn {
  /** Both languages: `Lý do / reason`. */
  readonly title: string
  /** In characters. */
  readonly width: number
}

/** A spreadsheet takes a cell that begins like this for a formula (OWASP, "CSV Injection"); an apostrophe keeps it text. */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/
const BREATH_ROWS = 500

/** CSV (RFC 4180) with the byte order mark by which Excel knows UTF-8, some hundred rows at a time. */
export function* csvPieces({ columns, rows }: PlainSheet): Generator<string> {
  yield `\uFEFF${lineOf(columns.map(({ title }) => title))}`
  for (let from = 0; from < rows.length; from += BREATH_ROWS)
    yield rows
      .slice(from, from + BREATH_ROWS)
      .map(lineOf)
      .join('')
}

/** One line of CSV. */
export function lineOf(cells: readonly PlainCell[]): string {
  return `${cells.map(cellText).join()}\r\n`
}

function cellText(value: PlainCell): string {
  const text = value === null ? '' : String(value)
  const safe = typeof value === 'string' && FORMULA_START.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
