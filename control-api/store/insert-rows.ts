import { setImmediate } from 'node:timers/promises'
import { CompiledQuery, type Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** Parameters in one statement, under SQLite's limit of 32,766 and PostgreSQL's of 65,535. */
const MAX_PARAMETERS = 4000

/**
 * Inserts many rows of one shape: the statement is compiled once and run for each chunk.
 * @param onConflict clause of SQL for rows that are there already, as `on conflict (id) do nothing`; none may be there if it is left out
 */
export async function insertRows<Name extends keyof Tables>(
  db: Kysely<Tables>,
  table: Name,
  rows: readonly Tables[Name][],
  onConflict = '',
): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const columns = Object.keys(first) as (keyof Tables[Name])[]
  const perChunk = Math.max(1, Math.floor(MAX_PARAMETERS / columns.length))
  const compiled = new Map<number, string>()
  for (let at = 0; at < rows.length; at += perChunk) {
    const chunk = rows.slice(at, at + perChunk)
    const sql = compiled.get(chunk.length) ?? `${compile(db, table, columns as string[], chunk.length)} ${onConflict}`
    compiled.set(chunk.length, sql)
    await db.executeQuery(
      CompiledQuery.raw(
        sql,
        chunk.flatMap((row) => columns.map((column) => row[column])),
      ),
    )
    // SQLite answers without letting anybody else in between; others get their turn after each chunk.
    await setImmediate()
  }
}

function compile(db: Kysely<Tables>, table: string, columns: readonly string[], rows: number): string {
  const shape = Object.fromEntries(columns.map((column) => [column, 0]))
  return (db as unknown as Kysely<Record<string, Record<string, number>>>)
    .insertInto(table)
    .values(Array.from({ length: rows }, () => shape))
    .compile().sql
}
