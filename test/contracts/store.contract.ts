import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../control-api/audit/verify-audit.ts'
import type { Actor, Store } from '../../control-api/store/store.ts'

/** A fresh, empty store and the way to get rid of it. */
export interface StoreUnderTest {
  readonly store: Store
  /** A store on the same kind of database that may hold only a few kilobytes. */
  createSmall(): Promise<Store>
  remove(): PromiseLike<void>
}

const AN: Actor = { person: 'an', role: 'operator' }
const entry = (target: string) => ({ action: 'test.write', target })

/** What every store adapter promises. */
export function describeStoreContract(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`store contract: ${name}`, () => {
    let made: StoreUnderTest
    beforeEach(async () => {
      made = await create()
    })
    afterEach(async () => made.remove())

    const targets = () =>
      made.store.read(async (db) => (await db.selectFrom('audit').select('target').execute()).map((row) => row.target))

    it('invariant 10: a transaction that wrote no audit entry is rolled back', async () => {
      const work = made.store.transact(AN, async ({ db }) => {
        await sql`create table thing (x integer)`.execute(db)
        await sql`insert into thing values (1)`.execute(db)
      })
      await expect(work).rejects.toMatchObject({ code: 'UNAUDITED' })
      await expect(made.store.read((db) => sql`select * from thing`.execute(db))).rejects.toThrow('no such table')
    })

    it('invariant 10: the audit log is a hash chain that holds the actor of every write', async () => {
      await made.store.transact(AN, async (tx) => {
        expect(await Promise.all([tx.audit(entry('a')), tx.audit(entry('b'))])).toEqual([1, 2])
      })
      await made.store.transact({ person: 'binh', role: 'approver' }, (tx) =>
        tx.audit({ ...entry('c'), dispatch: '12/CV', details: { b: 1, a: [] } }),
      )
      const rows = await made.store.read((db) =>
        db.selectFrom('audit').select(['person', 'role', 'target', 'dispatch', 'details']).execute(),
      )
      expect(rows.map((row) => Object.values(row))).toEqual([
        ['an', 'operator', 'a', null, '{}'],
        ['an', 'operator', 'b', null, '{}'],
        ['binh', 'approver', 'c', '12/CV', '{"a":[],"b":1}'],
      ])
      expect(await verifyAudit(made.store)).toMatchObject({ kind: 'whole', head: { seq: 3 } })
    })

    it('invariant 10: audit rows can be neither changed nor deleted nor replaced', async () => {
      await made.store.transact(AN, (tx) => tx.audit(entry('a')))
      for (const statement of [
        sql`update audit set person = 'x'`,
        sql`delete from audit`,
        sql`insert or replace into audit select * from audit`,
      ]) {
        const work = made.store.transact(AN, async (tx) => {
          await tx.audit(entry('b'))
          await statement.execute(tx.db)
        })
        await expect(work).rejects.toMatchObject({ code: 'CONSTRAINT' })
      }
      expect(await targets()).toEqual(['a'])
    })

    it('transact loses everything, audit included, when the work throws', async () => {
      const work = made.store.transact(AN, async (tx) => {
        await tx.audit(entry('a'))
        throw new RangeError('thought better of it')
      })
      await expect(work).rejects.toThrow(RangeError)
      expect(await targets()).toEqual([])
    })

    it('transact runs writers one after another in the order they came', async () => {
      const order: string[] = []
      const work = (name: string) =>
        made.store.transact(AN, async (tx) => {
          order.push(`${name} begins`)
          await tx.audit(entry(name))
          await new Promise((resolve) => setImmediate(resolve))
          order.push(`${name} ends`)
        })
      await Promise.all([work('a'), work('b')])
      expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
      expect(await targets()).toEqual(['a', 'b'])
    })

    it('read never sees what is not committed', async () => {
      const { promise: wrote, resolve: tellWrote } = Promise.withResolvers<void>()
      const write = made.store.transact(AN, async (tx) => {
        await tx.audit(entry('a'))
        tellWrote()
        await new Promise((resolve) => setImmediate(resolve))
        throw new RangeError('rolled back')
      })
      const failed = expect(write).rejects.toThrow(RangeError)
      await wrote
      expect(await targets()).toEqual([])
      await failed
    })

    it('read refuses to write', async () => {
      await expect(made.store.read((db) => sql`delete from audit`.execute(db))).rejects.toMatchObject({ code: 'READ_ONLY' })
      await made.store.transact(AN, (tx) => tx.audit(entry('a')))
    })

    it('refuses a read or transaction inside another one instead of waiting for itself', async () => {
      const { store } = made
      await expect(store.transact(AN, () => store.read(async () => 1))).rejects.toMatchObject({ code: 'NESTED' })
      await expect(store.transact(AN, () => store.transact(AN, async () => 1))).rejects.toMatchObject({ code: 'NESTED' })
      await expect(store.read(() => store.read(async () => 1))).rejects.toMatchObject({ code: 'NESTED' })
    })

    it('transact says FULL when no space is left, loses that transaction and nothing else', async () => {
      await using store = await made.createSmall()
      await store.transact(AN, (tx) => tx.audit(entry('a')))
      const work = store.transact(AN, async (tx) => {
        for (let i = 0; i < 100; i++) await tx.audit({ ...entry('b'), details: { text: 'x'.repeat(10_000) } })
      })
      await expect(work).rejects.toMatchObject({ code: 'FULL' })
      await store.transact(AN, (tx) => tx.audit(entry('c')))
      expect(await verifyAudit(store)).toMatchObject({ kind: 'whole', head: { seq: 2 } })
    })

    it('is of no use after it was closed', async () => {
      await made.store[Symbol.asyncDispose]()
      await expect(made.store.read(async () => 1)).rejects.toMatchObject({ code: 'CLOSED' })
      await expect(made.store.transact(AN, (tx) => tx.audit(entry('a')))).rejects.toMatchObject({ code: 'CLOSED' })
    })
  })
}
