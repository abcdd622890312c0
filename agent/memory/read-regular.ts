import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'

/** Without O_NONBLOCK the open of a named pipe waits for a writer for ever (fifo(7)). */
const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** Reads a whole file, and nothing that might never end. @throws Error the system's, or one that says what is there in place of a file */
export async function readRegular(path: string): Promise<Buffer> {
  await using file = await open(path, READ_AT_ONCE)
  const stats = await file.stat()
  if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, no file`)
  return await file.readFile()
}

/** What something is that is no regular file. */
export function kindOf(stats: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket' | 'isSymbolicLink'>): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return stats.isSymbolicLink() ? 'a symbolic link' : 'a device'
}
