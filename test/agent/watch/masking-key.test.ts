import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readMaskingKey } from '../../../agent/watch/masking-key.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

describe('readMaskingKey', () => {
  it('makes a key for this user alone, once', async () => {
    const folder = await temporaryFolder()
    const key = await readMaskingKey(folder)
    expect(key).toHaveLength(32)
    expect(statSync(join(folder, 'masking.key')).mode & 0o777).toBe(0o600)
    expect(await readMaskingKey(folder)).toEqual(key)
    expect(await readMaskingKey(await temporaryFolder())).not.toEqual(key)
  })

  it('makes another one where a full disk left an empty file', async () => {
    const folder = await temporaryFolder()
    writeFileSync(join(folder, 'masking.key'), '')
    const key = await readMaskingKey(folder)
    expect([key.length, await readMaskingKey(folder)]).toEqual([32, key])
  })

  it('refuses one that is too short', async () => {
    const folder = await temporaryFolder()
    writeFileSync(join(folder, 'masking.key'), 'short')
    await expect(readMaskingKey(folder)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' })
  })

  it('says so when it cannot be made', async () => {
    await expect(readMaskingKey('/nowhere/at/all')).rejects.toMatchObject({ code: 'KEY_UNUSABLE' })
  })
})
