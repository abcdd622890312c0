import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MemoryError } from './memory-error.ts'

/**
 * Replaces a file, piece by piece, so that after a power cut it holds either all of the old content or all of the new: written beside, fsync, rename, fsync of the directory.
 * @throws MemoryError STATE_UNWRITABLE; the old content is then still there
 */
export async function writeDurably(path: string, parts: Iterable<Uint8Array | string>, mode: number): Promise<void> {
  const beside = `${path}.new`
  try {
    // A left-over of a crash may have other permissions; a new file gets the mode asked for.
    await rm(beside, { force: true })
    await using file = await open(beside, 'wx', mode)
    // Whatever the umask of the service says.
    await file.chmod(mode)
    for (const part of parts) await file.writeFile(part)
    await file.sync()
    await rename(beside, path)
    await using directory = await open(dirname(path), 'r')
    await directory.sync()
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MemoryError('STATE_UNWRITABLE', `Cannot write ${JSON.stringify(path)}: ${reason}`, { cause })
  }
}
