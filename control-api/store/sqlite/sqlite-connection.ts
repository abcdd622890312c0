import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import { StoreError } from '../store-error.ts'
import type { Tables } from '../tables.ts'
import { storeFaultOf } from './sqlite-fault.ts'

/** How long SQLite itself waits for a lock. Short, because that wait stops the whole process; the store waits longer without stopping it. */
const LOCK_WAIT_MS = 50

/** Prepared statements kept for reuse, per connection. */
const MAX_STATEMENTS = 64

/** One SQLite connection: raw for pragmas and transactions, kysely for everything else. */
export interface SqliteConnection {
  readonly raw: DatabaseSync
  readonly db: Kysely<Tables>
}

/** Opens `path` (made with mode 0600 if missing) or `:memory:`. @throws StoreError UNAVAILABLE, CORRUPT */
export function openSqlite(path: string): SqliteConnection {
  const what = `Cannot open the database ${JSON.stringify(path)}`
  let raw: DatabaseSync | undefined
  try {
    // WAL and shm files take the mode of the database file.
    if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
    raw = new DatabaseSync(path, { timeout: LOCK_WAIT_MS, enableForeignKeyConstraints: true })
    raw.enableDefensive(true)
    raw.exec('pragma journal_mode = wal; pragma synchronous = full; pragma recursive_triggers = on; pragma temp_store = memory')
    return { raw, db: new Kysely<Tables>({ dialect: new SqliteDialect({ database: driverOf(raw) }) }) }
  } catch (error) {
    raw?.close()
    throw unreachable(storeFaultOf(error, what), what)
  }
}

function unreachable(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  return new StoreError('UNAVAILABLE', `${what}: ${error.message}`, { cause: error })
}

/** What kysely asks of better-sqlite3, answered by node:sqlite. */
function driverOf(raw: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const found = kept.get(sql)
    if (found !== undefined) return found
    const made = raw.prepare(sql)
    if (kept.size >= MAX_STATEMENTS) kept.delete(kept.keys().next().value ?? sql)
    kept.set(sql, made)
    return made
  }
  return {
    close: () => raw.close(),
    prepare: (sql) => {
      // A writer takes its lock at the start: upgrading a read lock later fails at once with BUSY (sqlite.org/lang_transaction.html).
      if (sql === 'begin') return statementOf(raw.prepare('begin immediate'), sql, raw)
      // SQLite has rolled back by itself after a full disk or an I/O fault (sqlite.org/lang_transaction.html §3).
      if (sql === 'rollback' && !raw.isTransaction) return NOTHING
      return statementOf(
        guarded(() => prepare(sql), sql),
        sql,
        raw,
      )
    },
  }
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}

function statementOf(statement: StatementSync, sql: string, raw: DatabaseSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => guarded(() => statement.all(...(parameters as readonly SQLInputValue[])), sql),
    run: (parameters) => guarded(() => statement.run(...(parameters as readonly SQLInputValue[])), sql),
    // A statement of its own: a kept one may be asked again while its rows are still being read.
    iterate: (parameters) => guarded(() => raw.prepare(sql).iterate(...(parameters as readonly SQLInputValue[])), sql),
  }
}

function guarded<T>(work: () => T, sql: string): T {
  try {
    return work()
  } catch (error) {
    throw storeFaultOf(error, `Cannot run ${JSON.stringify(sql.slice(0, 40))}`)
  }
}
