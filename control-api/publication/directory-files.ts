import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { type RepositoryFiles, UNFINISHED } from './repository-files.ts'

/** The repository's files in a folder of this machine. */
export function createDirectoryFiles(folder: string): RepositoryFiles {
  return {
    async find(path) {
      try {
        return await readFile(join(folder, path))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async write(path, bytes) {
      const final = join(folder, path)
      await mkdir(dirname(final), { recursive: true })
      const beside = `${final}${UNFINISHED}`
      const file = await open(beside, 'w', 0o644)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(beside, final)
      await syncFolder(dirname(final))
    },
    async remove(path) {
      await rm(join(folder, path), { force: true })
    },
    async list() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
        if (isMissing(error)) return []
        throw error
      })
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .sort()
    },
  }
}

/** A rename is only safe on disk once its folder is. fsync(2). */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
