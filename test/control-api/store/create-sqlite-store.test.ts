import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../control-api/audit/verify-audit.ts'
import { createSqliteStore } from '../../../control-api/store/create-sqlite-store.ts'
import { MIGRATIONS } from '../../../control-api/store/migrations/migrations.ts'
import type { Actor } from '../../../control-api/store/store.ts'
import { describeStoreContract } from '../../contracts/store.contract.ts'

const clock = { nowMs: () => Date.UTC(2024, 6, 27) }
const AN: Actor = { person: 'an', role: 'operator' }
const SMALL_BYTES = 600 * 1024

let dir = ''
let files = 0
const newPath = () => join(dir, `${files++}.db`)
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgeward-store-'))
})
afterAll(() => rm(dir, { recursive: true }))

describeStoreContract('SQLite in memory', async () => {
  const store = await createSqliteStore({ path: ':memory:', clock })
  return {
    store,
    createSmall: () => createSqliteStore({ path: ':memory:', clock, maxBytes: SMALL_BYTES }),
    remove: () => store[Symbol.asyncDispose](),
  }
})

describeStoreContract('SQLite file', async () => {
  const store = await createSqliteStore({ path: newPath(), clock })
  return {
    store,
    createSmall: () => createSqliteStore({ path: newPath(), clock, maxBytes: SMALL_BYTES }),
    remove: () => store[Symbol.asyncDispose](),
  }
})

describe('createSqliteStore', () => {
  it('keeps what was committed over a restart, in a file for its owner only', async () => {
    const path = newPath()
    {
      await using store = await createSqliteStore({ path, clock })
      await store.transact(AN, (tx) => tx.audit({ action: 'test.write', target: 'a' }))
    }
    await using again = await createSqliteStore({ path, clock })
    expect(await verifyAudit(again)).toMatchObject({ kind: 'whole', head: { seq: 1 } })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('refuses a database with a migration it does not know', async () => {
    const path = newPath()
    const newer = { name: '9999-from-the-future', sqlite: ['create table hoverboard (x integer) strict'] }
    await (await createSqliteStore({ path, clock, migrations: [...MIGRATIONS, newer] }))[Symbol.asyncDispose]()
    await expect(createSqliteStore({ path, clock })).rejects.toMatchObject({ code: 'NEWER' })
  })

  it('leaves the database as it was when a migration fails', async () => {
    const path = newPath()
    await (await createSqliteStore({ path, clock }))[Symbol.asyncDispose]()
    const broken = { name: '0999-broken', sqlite: ['create table half (x integer) strict', 'create nonsense'] }
    await expect(createSqliteStore({ path, clock, migrations: [...MIGRATIONS, broken] })).rejects.toThrow('nonsense')
    using raw = new DatabaseSync(path)
    expect(raw.prepare("select name from sqlite_master where name = 'half'").all()).toEqual([])
  })

  it('refuses a file that is no database, and a directory that is not there', async () => {
    const path = newPath()
    await writeFile(path, 'these are not the bytes of a database, though they are more than a hundred'.repeat(10))
    await expect(createSqliteStore({ path, clock })).rejects.toMatchObject({ code: 'CORRUPT' })
    await expect(createSqliteStore({ path: join(dir, 'none', 'x.db'), clock })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('says BUSY when another process does not let go, and goes on when it does', async () => {
    const path = newPath()
    await using store = await createSqliteStore({ path, clock, busyTimeoutMs: 0 })
    using other = new DatabaseSync(path)
    other.exec('begin immediate')
    const write = () => store.transact(AN, (tx) => tx.audit({ action: 'test.write', target: 'a' }))
    await expect(write()).rejects.toMatchObject({ code: 'BUSY' })
    expect(await store.read((db) => db.selectFrom('audit').selectAll().execute())).toEqual([])
    other.exec('commit')
    expect(await write()).toBe(1)
  })

  it('reads from one snapshot while others write', async () => {
    await using store = await createSqliteStore({ path: newPath(), clock })
    const write = () => store.transact(AN, (tx) => tx.audit({ action: 'test.write', target: 'a' }))
    await write()
    const { promise: written, resolve } = Promise.withResolvers<void>()
    const reading = store.read(async (db) => {
      const before = await db.selectFrom('audit').selectAll().execute()
      await written
      return [before.length, (await db.selectFrom('audit').selectAll().execute()).length]
    })
    await new Promise((next) => setImmediate(next))
    await write()
    resolve()
    expect(await reading).toEqual([1, 1])
  })
})
