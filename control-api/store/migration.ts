/** One step of the database's shape. Once shipped it is never changed: a later change is a new migration. */
export interface Migration {
  /** Four digits and a name, as its file is called: `0001-audit`. */
  readonly name: string
  /** SQLite statements, run in order and in one transaction with those of the other missing migrations. */
  readonly sqlite: readonly string[]
}
