import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'

/** The files of the folder in which the agent leaves what it verified. */
export const HANDED_OVER = ['gate.key', 'policy.json', 'users.json', 'grants.json', 'blocks.json', 'facilities.json'] as const
export type HandOverFile = (typeof HANDED_OVER)[number]

const NON_BLOCKING = constants.O_RDONLY | constants.O_NONBLOCK

/** One file as it lies there. */
export interface FoundFile {
  /** Another one for other content; the same while nothing was written. */
  readonly mark: string
  /** False for a folder, a pipe or a socket: whoever reads those may wait for ever. */
  readonly isFile: boolean
  readonly bytes: number
  /** All of it, in memory that threads can share. */
  read(): Promise<Buffer>
}

/** What the gate reads of that folder. It is only read. */
export interface HandOverFiles {
  /** Opens a file, and calls `use` with it; `undefined` where there is none. Throws what the system says (`EACCES`), and what `use` throws. */
  look<T>(name: HandOverFile, use: (file: FoundFile) => Promise<T>): Promise<T | undefined>
}

export function createFolderFiles(folder: string): HandOverFiles {
  return {
    async look(name, use) {
      let file: FileHandle
      try {
        // A pipe that nobody writes to must not hold the reader.
        file = await open(join(folder, name), NON_BLOCKING)
      } catch (cause) {
        if (isAbsent(cause)) return undefined
        throw cause
      }
      await using opened = file
      const stats = await opened.stat({ bigint: true })
      const bytes = Number(stats.size)
      return await use({
        // The time of the change of rights and owner counts as well.
        mark: `${stats.dev} ${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs} ${bytes}`,
        isFile: stats.isFile(),
        bytes,
        read: () => readWhole(opened, bytes),
      })
    },
  }
}

async function readWhole(file: FileHandle, bytes: number): Promise<Buffer> {
  const content = Buffer.from(new SharedArrayBuffer(bytes))
  let end = 0
  while (end < bytes) {
    const { bytesRead } = await file.read(content, end, bytes - end, end)
    if (bytesRead === 0) break // It was cut short meanwhile: what is here will be no document.
    end += bytesRead
  }
  return content.subarray(0, end)
}

function isAbsent(cause: unknown): boolean {
  const { code } = cause as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
