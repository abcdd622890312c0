/** Sections that forms have: what a row asks for. */
export type Section = 'add' | 'change' | 'disable' | 'cancel'

/** A paper form as a table: its columns by our own names. */
export interface Form<F extends string> {
  /** Number of the form: `02/th-ip-ctn`. */
  readonly number: string
  /** How messages call each column. */
  readonly titles: Readonly<Record<F, string>>
  /** Columns that a table must have. */
  readonly required: readonly F[]
  /** A header names one of them at least, and a row that has none of them asks for nothing. */
  readonly keys: readonly F[]
  /** Column that is full of figures in every row, so that a row with figures there is no header. */
  readonly figures: F
  /** Column with the row's number, and the one that makes such a row ask for something although its keys are empty. */
  readonly ordinal: F
  readonly name: F
  readonly section: F
}
