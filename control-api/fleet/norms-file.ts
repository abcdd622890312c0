import { open, readFile, rename } from 'node:fs/promises'

/** Where what was learned over all edges is kept. */
export interface NormsFile {
  /** `undefined` where nothing was kept yet. */
  read(): Promise<Uint8Array | undefined>
  /** All or nothing: a power cut leaves what was kept before. */
  write(bytes: Uint8Array): Promise<void>
}

/** A file of its own: it is written anew every hour, and losing it loses no decision of anybody. */
export function openNormsFile(path: string): NormsFile {
  return {
    async read() {
      try {
        return await readFile(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async write(bytes) {
      const beside = `${path}.new`
      const file = await open(beside, 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(beside, path)
    },
  }
}
