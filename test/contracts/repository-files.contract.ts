import { describe, expect, it } from 'vitest'
import { type RepositoryFiles, UNFINISHED } from '../../control-api/publication/repository-files.ts'

/** What every adapter of the repository's files promises. */
export function describeRepositoryFilesContract(name: string, create: () => Promise<RepositoryFiles>): void {
  describe(`${name} keeps the contract of RepositoryFiles`, () => {
    it('finds nothing in an empty repository and lists no file', async () => {
      const files = await create()
      expect(await files.find('metadata/timestamp.json')).toBeUndefined()
      expect(await files.list()).toEqual([])
    })

    it('gives back what was written, the last one after a second write', async () => {
      const files = await create()
      await files.write('targets/allow/a.1.full', Buffer.from('one'))
      await files.write('targets/allow/a.1.full', Buffer.from('two'))
      expect((await files.find('targets/allow/a.1.full'))?.toString()).toBe('two')
    })

    it('lists files of all folders sorted, and leaves no unfinished one behind', async () => {
      const files = await create()
      for (const path of ['targets/allow/b.2.full', 'metadata/timestamp.json', 'metadata/1.root.json']) {
        await files.write(path, Buffer.from(path))
      }
      const listed = await files.list()
      expect(listed).toEqual(['metadata/1.root.json', 'metadata/timestamp.json', 'targets/allow/b.2.full'])
      expect(listed.filter((path) => path.endsWith(UNFINISHED))).toEqual([])
    })

    it('removes a file, and is content if there is none', async () => {
      const files = await create()
      await files.write('metadata/timestamp.json', Buffer.from('x'))
      await files.remove('metadata/timestamp.json')
      await files.remove('metadata/timestamp.json')
      expect(await files.list()).toEqual([])
    })
  })
}
