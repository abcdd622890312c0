import { chmod, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createKeyFiles, readOnlineKeys } from '../../../control-api/publication/key-files.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function someKeyFiles(): Promise<{ folder: string; made: Awaited<ReturnType<typeof createKeyFiles>> }> {
  const folder = join(await temporaryFolder(), 'keys')
  return { folder, made: await createKeyFiles(folder) }
}

describe('createKeyFiles', () => {
  it('makes files and folders that only their owner can read', async () => {
    const { folder } = await someKeyFiles()
    const modes = await Promise.all(
      ['', 'targets.pem', 'snapshot.pem', 'timestamp.pem', 'offline', 'offline/root-1.pem'].map(async (path) => {
        return ((await stat(join(folder, path))).mode & 0o777).toString(8)
      }),
    )
    expect(modes).toEqual(['700', '600', '600', '600', '700', '600'])
    expect(await readdir(join(folder, 'offline'))).toEqual(['README.txt', 'root-1.pem', 'root-2.pem', 'root-3.pem'])
  })

  it('never makes keys over others', async () => {
    const { folder } = await someKeyFiles()
    await expect(createKeyFiles(folder)).rejects.toMatchObject({ code: 'ALREADY_INITIALISED' })
  })
})

describe('readOnlineKeys', () => {
  it('reads back the keys that were made, without the offline ones', async () => {
    const { folder, made } = await someKeyFiles()
    await rm(join(folder, 'offline'), { recursive: true })
    const read = await readOnlineKeys(folder)
    expect(read.targets.key.keyID).toBe(made.online.targets.key.keyID)
    expect(read.timestamp.key.keyID).toBe(made.online.timestamp.key.keyID)
  })

  it.each<[string, (path: string) => Promise<void>, string]>([
    ['KEY_EXPOSED', (path) => chmod(path, 0o640), 'the group may read it'],
    ['KEY_MISSING', (path) => rm(path), 'it is gone'],
    ['KEY_UNUSABLE', (path) => writeFile(path, 'no key'), 'it holds something else'],
  ])('refuses a key file with %s', async (code, damage) => {
    const { folder } = await someKeyFiles()
    await damage(join(folder, 'snapshot.pem'))
    await expect(readOnlineKeys(folder)).rejects.toMatchObject({ code })
  })
})
