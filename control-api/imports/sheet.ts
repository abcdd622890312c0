/** One cell as it was read. Its text came from outside: data, never markup, a command or a log message. */
export interface SheetCell {
  /** Trimmed at both ends; what stands inside is kept. */
  readonly text: string
  readonly kind: 'text' | 'number' | 'formula' | 'error' | 'other'
  readonly isMerged: boolean
}

export interface SheetRow {
  /** As the spreadsheet shows it, from 1. */
  readonly row: number
  /** By column, from 0; empty cells are `undefined`. */
  readonly cells: readonly (SheetCell | undefined)[]
}

/** One sheet; a CSV file is one sheet named `CSV`. Rows without any cell are left out. */
export interface Sheet {
  readonly name: string
  readonly isHidden: boolean
  readonly rows: readonly SheetRow[]
}

/** What a file may hold before anybody looks closer. */
export interface ImportLimits {
  readonly maxBytes: number
  readonly maxUnpackedBytes: number
  readonly maxEntries: number
  readonly maxRows: number
  readonly maxColumns: number
}

export const IMPORT_LIMITS: ImportLimits = {
  maxBytes: 20 * 1024 * 1024,
  maxUnpackedBytes: 200 * 1024 * 1024,
  maxEntries: 1000,
  maxRows: 100_000,
  maxColumns: 64,
}

/** The letters a spreadsheet shows for a column: 0 is A. */
export function columnLetters(column: number): string {
  const head = column >= 26 ? columnLetters(Math.floor(column / 26) - 1) : ''
  return head + String.fromCharCode(65 + (column % 26))
}
