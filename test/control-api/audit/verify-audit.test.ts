import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../control-api/audit/verify-audit.ts'
import { createSqliteStore } from '../../../control-api/store/create-sqlite-store.ts'
import type { Store } from '../../../control-api/store/store.ts'

const clock = { nowMs: () => Date.UTC(2024, 6, 27) }

describe('verifyAudit', () => {
  let dir: string
  let store: Store
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'edgeward-audit-'))
    await using whole = await createSqliteStore({ path: join(dir, 'whole.db'), clock })
    await whole.transact({ person: 'an', role: 'operator' }, async (tx) => {
      for (let i = 1; i <= 2500; i++) await tx.audit({ action: 'test.write', target: `t${i}`, details: { i } })
    })
  })
  afterAll(() => rm(dir, { recursive: true }))
  beforeEach(async () => {
    await copyFile(join(dir, 'whole.db'), join(dir, 'a.db'))
    store = await createSqliteStore({ path: join(dir, 'a.db'), clock })
  })
  afterEach(async () => store[Symbol.asyncDispose]())

  /** Someone with the file in their hands and the triggers out of the way. */
  const tamper = (statement: string): void => {
    using raw = new DatabaseSync(join(dir, 'a.db'))
    raw.exec('drop trigger audit_no_update; drop trigger audit_no_delete; drop trigger audit_no_gap')
    raw.exec(statement)
  }

  it('finds a whole chain whole, over more than one page', async () => {
    expect(await verifyAudit(store)).toMatchObject({ kind: 'whole', head: { seq: 2500 } })
  })

  it.each([
    ["update audit set person = 'someone' where seq = 2300", 2300, 'hash', 'content changed'],
    ["update audit set details = '{}' where seq = 1", 1, 'hash', 'details changed'],
    ['delete from audit where seq = 7', 7, 'number', 'row taken out'],
    ['update audit set previous = hash where seq = 9', 9, 'previous', 'link changed'],
    [
      'delete from audit where seq = 7; update audit set seq = seq - 1 where seq > 7',
      7,
      'previous',
      'row taken out, numbers closed up',
    ],
  ])('names the first broken row after %s', async (statement, seq, reason) => {
    tamper(statement)
    expect(await verifyAudit(store)).toEqual({ kind: 'broken', seq, reason })
  })

  it('finds newest rows cut off, and a chain written anew, by a head seen before', async () => {
    const verdict = await verifyAudit(store)
    if (verdict.kind !== 'whole') throw new Error('the chain should be whole')
    expect(await verifyAudit(store, { ...verdict.head, hash: 'f'.repeat(64) })).toEqual({
      kind: 'broken',
      seq: 2500,
      reason: 'hash',
    })
    tamper('delete from audit where seq > 2490')
    expect(await verifyAudit(store)).toMatchObject({ kind: 'whole' })
    expect(await verifyAudit(store, verdict.head)).toEqual({ kind: 'broken', seq: 2491, reason: 'cut-off' })
  })
})
