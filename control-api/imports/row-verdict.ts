import type { Section } from './form.ts'
import type { Words } from './row-messages.ts'

/** What is to be done about a row; `unchanged` and `refused`: nothing. */
export const VERDICT_KINDS = ['add', 'change', 'disable', 'cancel', 'unchanged', 'refused'] as const
export type RowVerdictKind = (typeof VERDICT_KINDS)[number]

/** What is to be done about one row. */
export interface RowVerdict {
  readonly row: number
  readonly section: Section | undefined
  readonly verdict: RowVerdictKind
  /** Why, for `unchanged` and `refused`. */
  readonly code: string | null
  readonly field: string | null
  /** The cell's text, cut. Untrusted; empty where it would name a person. */
  readonly value: string
  /** Five digits; empty where the row has no such code. */
  readonly facility: string
  /** Canonical; empty where the form has none, or it could not be read. */
  readonly block: string
  readonly message: Words
}
