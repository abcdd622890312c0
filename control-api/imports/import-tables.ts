/** One workbook that was read: what it was and what became of it. */
export interface ImportRow {
  id: string
  /** Number of the form: `02/th-ip-ctn`, `01/dk-ctn`, `02/dk-ctn`. */
  form: string
  /** SHA-256 (hex) of the file's bytes. */
  sha256: string
  bytes: number
  sheet: string
  province: string | null
  dispatch: string
  /** What the officer said: take all or nothing, the valid rows, or none yet. */
  accept: string
  /** 1 when its rows were taken. */
  is_taken: number
  rows: number
  adds: number
  /** Changes and disablings of users. */
  changes: number
  cancels: number
  unchanged: number
  refused: number
  /** Rows that hold no registration (titles, sums), as JSON `[{row, text}]`. */
  ignored: string
  taken_by: string
  at_ms: number
}

/** What was found about one row of one import. */
export interface ImportVerdictRow {
  import_id: string
  seq: number
  row: number
  section: string | null
  verdict: string
  code: string | null
  field: string | null
  value: string
  facility: string
  block: string
  message_vi: string
  message_en: string
}

export interface ImportTables {
  import: ImportRow
  import_verdict: ImportVerdictRow
}
