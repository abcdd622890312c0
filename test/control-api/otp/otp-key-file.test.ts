import { chmod, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openOtpKey } from '../../../control-api/otp/otp-key-file.ts'
import { createSqliteStore } from '../../../control-api/store/create-sqlite-store.ts'
import { MIGRATIONS } from '../../../control-api/store/migrations/migrations.ts'
import { createSeededBytes } from '../../support/control-app.ts'
import { createMovableClock } from '../../support/movable-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('openOtpKey', () => {
  it('makes the key once, for its owner alone, and gives the same from then on', async () => {
    const path = join(await temporaryFolder(), 'keys', 'otp.key')
    const made = await openOtpKey(path, false, createSeededBytes('one'))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(Buffer.from(await openOtpKey(path, true, createSeededBytes('two')))).toEqual(Buffer.from(made))
  })

  it('makes no other one where something was sealed already, and uses none that others can read', async () => {
    const path = join(await temporaryFolder(), 'otp.key')
    await expect(openOtpKey(path, true, createSeededBytes('one'))).rejects.toMatchObject({ code: 'KEY_MISSING' })
    await openOtpKey(path, false, createSeededBytes('one'))
    await chmod(path, 0o640)
    await expect(openOtpKey(path, true, createSeededBytes('one'))).rejects.toMatchObject({ code: 'KEY_EXPOSED' })
  })
})

describe('migration 0021', () => {
  it('keeps the access tokens of a database of before', async () => {
    const path = join(await temporaryFolder(), 'control.db')
    const clock = createMovableClock(0)
    const row = { id: 'token-1', person: 'an', sha256: 'a'.repeat(64), created_at_ms: 1, expires_at_ms: 2, revoked_at_ms: null }
    const add = async (migrations: typeof MIGRATIONS, role: 'reader' | 'portal', id: string) => {
      await using store = await createSqliteStore({ path, clock, migrations })
      return store.transact({ person: 'an', role: 'system' }, async (tx) => {
        await tx.audit({ action: 'test.add', target: id })
        await tx.db
          .insertInto('token')
          .values({ ...row, role, id, sha256: id.padEnd(64, 'a') })
          .execute()
        return tx.db.selectFrom('token').select(['id', 'role']).orderBy('id').execute()
      })
    }
    await add(
      MIGRATIONS.filter(({ name }) => name < '0020'),
      'reader',
      'token-1',
    )
    expect(await add(MIGRATIONS, 'portal', 'token-2')).toEqual([
      { id: 'token-1', role: 'reader' },
      { id: 'token-2', role: 'portal' },
    ])
  })
})
