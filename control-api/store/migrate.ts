import type { DatabaseSync } from 'node:sqlite'
import type { Migration } from './migration.ts'
import { StoreError } from './store-error.ts'

/** Brings the database to the shape that `migrations` describe; nothing happens if it has it. @throws StoreError NEWER */
export function migrate(raw: DatabaseSync, migrations: readonly Migration[], atMs: number): void {
  raw.exec('begin immediate')
  try {
    raw.exec('create table if not exists migration (name text primary key, at_ms integer not null) strict')
    const done = new Set(
      raw
        .prepare('select name from migration')
        .all()
        .map((row) => String(row.name)),
    )
    const unknown = [...done].filter((name) => !migrations.some((migration) => migration.name === name))
    if (unknown.length > 0) {
      throw new StoreError(
        'NEWER',
        `Cannot use this database: it has the migrations ${unknown.join(', ')}, which this program does not know. Run the newer program, or restore a backup.`,
      )
    }
    const record = raw.prepare('insert into migration (name, at_ms) values (?, ?)')
    for (const migration of migrations) {
      if (done.has(migration.name)) continue
      for (const statement of migration.sqlite) raw.exec(statement)
      record.run(migration.name, atMs)
    }
    raw.exec('commit')
  } catch (error) {
    if (raw.isTransaction) raw.exec('rollback')
    throw error
  }
}
