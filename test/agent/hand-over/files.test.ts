import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFileSideStore } from '../../../agent/hand-over/file-side-store.ts'
import { createFolderHandOver } from '../../../agent/hand-over/folder-hand-over.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const bytes = Buffer.from('signed\n')

describe('createFileSideStore', () => {
  it('gives back the exact bytes after a restart, each kind by itself', async () => {
    const folder = join(await temporaryFolder(), 'documents')
    const store = createFileSideStore(folder)
    expect([await store.floor('grants'), await store.find('grants')]).toEqual([0, undefined])
    await store.remember({ kind: 'grants', version: 12, bytes })
    const after = createFileSideStore(folder)
    expect(await after.find('grants')).toEqual({ kind: 'grants', version: 12, bytes })
    expect([await after.floor('grants'), await after.floor('users')]).toEqual([12, 0])
    expect((await stat(join(folder, 'grants.document'))).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['torn', async (path: string) => truncate(path, (await stat(path)).size - 1)],
    ['changed', async (path: string) => writeFile(path, (await readFile(path, 'utf8')).replace('signed', 'singed'))],
  ])('gives no document that was %s, and keeps its floor', async (_how, spoil) => {
    const folder = await temporaryFolder()
    const store = createFileSideStore(folder)
    await store.remember({ kind: 'users', version: 9, bytes })
    await spoil(join(folder, 'users.document'))
    expect([await store.find('users'), await store.floor('users')]).toEqual([undefined, 9])
  })

  it('says that a disk does not take it', async () => {
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, '')
    await expect(createFileSideStore(path).remember({ kind: 'users', version: 1, bytes })).rejects.toMatchObject({
      code: 'STATE_UNWRITABLE',
    })
  })
})

describe('createFolderHandOver', () => {
  it('leaves whole files that the group may read, whatever the umask says', async () => {
    const folder = await temporaryFolder()
    const handOver = createFolderHandOver(folder)
    const before = process.umask(0o077)
    try {
      await handOver.put('grants.json', [bytes.subarray(0, 3), bytes.subarray(3)])
    } finally {
      process.umask(before)
    }
    expect(await handOver.find('grants.json')).toEqual(bytes)
    expect((await stat(join(folder, 'grants.json'))).mode & 0o777).toBe(0o640)
    expect(await readdir(folder)).toEqual(['grants.json'])
  })

  it('makes no folder, and says what could not be written', async () => {
    const folder = join(await temporaryFolder(), 'gate')
    const handOver = createFolderHandOver(folder)
    expect([await handOver.isThere(), await handOver.find('gate.key')]).toEqual([false, undefined])
    await expect(handOver.put('gate.key', ['x'])).rejects.toMatchObject({ code: 'HAND_OVER_UNWRITABLE' })
    await mkdir(join(folder, 'gate.key'), { recursive: true })
    expect(await handOver.isThere()).toBe(true)
    await expect(handOver.find('gate.key')).rejects.toMatchObject({ code: 'HAND_OVER_UNWRITABLE' })
  })
})
