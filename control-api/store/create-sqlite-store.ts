import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Clock } from '../../rules/time/clock.ts'
import { createAuditWriter } from '../audit/create-audit-writer.ts'
import { migrate } from './migrate.ts'
import type { Migration } from './migration.ts'
import { MIGRATIONS } from './migrations/migrations.ts'
import { createPool } from './pool.ts'
import { openSqlite, type SqliteConnection } from './sqlite/sqlite-connection.ts'
import { storeFaultOf } from './sqlite/sqlite-fault.ts'
import type { Actor, Store, StoreTransaction } from './store.ts'
import { StoreError } from './store-error.ts'
import type { Tables } from './tables.ts'
import { createTurns } from './turns.ts'

export interface SqliteStoreOptions {
  /** A file, or `:memory:` for a store that is gone when it is closed. */
  readonly path: string
  readonly clock: Clock
  /** How long a writer waits for another process before BUSY. */
  readonly busyTimeoutMs?: number
  /** The database may not grow past this. */
  readonly maxBytes?: number
  readonly migrations?: readonly Migration[]
}

const RETRY_MS = 50
const MAX_READERS = 4
const PAGE_BYTES = 4096

/** Opens the store and brings the database up to date. @throws StoreError UNAVAILABLE, CORRUPT, NEWER, BUSY */
export async function createSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, clock, busyTimeoutMs = 5000, migrations = MIGRATIONS } = options
  const writer = await retryBusy(busyTimeoutMs, async () => openSqlite(path))
  try {
    if (options.maxBytes !== undefined) writer.raw.exec(`pragma max_page_count = ${Math.ceil(options.maxBytes / PAGE_BYTES)}`)
    await retryBusy(busyTimeoutMs, async () => {
      guard(() => migrate(writer.raw, migrations, clock.nowMs()), `Cannot prepare the database ${JSON.stringify(path)}`)
    })
  } catch (error) {
    writer.raw.close()
    throw error
  }

  const inTurn = createTurns()
  const readers = createPool(() => readOnly(openSqlite(path)), MAX_READERS)
  const current = new AsyncLocalStorage<{ open: boolean }>()
  let closed = false

  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw new StoreError('CLOSED', 'Cannot use the store: it is closed')
    if (current.getStore()?.open === true) {
      throw new StoreError('NESTED', 'Cannot start a read or transaction inside another one: use the database it was given')
    }
    const mark = { open: true }
    try {
      return await current.run(mark, work)
    } finally {
      mark.open = false
    }
  }

  const readMemory = <T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      readOnly(writer)
      try {
        return await snapshot(writer, work)
      } finally {
        writer.raw.exec('pragma query_only = off')
      }
    })

  return {
    read: (work) => alone(() => (path === ':memory:' ? readMemory(work) : readers.use((reader) => snapshot(reader, work)))),
    transact: (actor, work) =>
      alone(() => inTurn(() => retryBusy(busyTimeoutMs, (started) => write(writer, clock, actor, work, started)))),
    async [Symbol.asyncDispose]() {
      if (closed) return
      closed = true
      await readers.drain(async (reader) => reader.raw.close())
      await inTurn(async () => writer.raw.close())
    },
  }
}

function readOnly(connection: SqliteConnection): SqliteConnection {
  connection.raw.exec('pragma query_only = on')
  return connection
}

/** One read transaction: SQLite fixes the snapshot at the first statement. */
async function snapshot<T>({ raw, db }: SqliteConnection, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  raw.exec('begin')
  try {
    return await work(db)
  } finally {
    if (raw.isTransaction) raw.exec('rollback')
  }
}

function write<T>(
  writer: SqliteConnection,
  clock: Clock,
  actor: Actor,
  work: (tx: StoreTransaction) => Promise<T>,
  started: () => void,
): Promise<T> {
  return writer.db.transaction().execute(async (db) => {
    started()
    const audit = createAuditWriter(db, actor, () => clock.nowMs())
    const result = await work({ db, audit: (entry) => audit.write(entry) })
    if (audit.written === 0) throw new StoreError('UNAUDITED', 'Cannot commit: the transaction wrote no audit entry')
    return result
  })
}

/** Tries again while another process holds the database, but never once the work has begun. */
async function retryBusy<T>(timeoutMs: number, work: (started: () => void) => Promise<T>): Promise<T> {
  let begun = false
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      return await work(() => {
        begun = true
      })
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'BUSY' || begun || waitedMs >= timeoutMs) throw error
      await delay(RETRY_MS)
    }
  }
}

function guard(work: () => void, what: string): void {
  try {
    work()
  } catch (error) {
    throw storeFaultOf(error, what)
  }
}
