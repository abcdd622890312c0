import { lstat, unlink } from 'node:fs/promises'

/**
 * Takes away the socket file that a crash has left. What is no socket is somebody's file that a path names by mistake: it stays.
 * @throws Error that says what is there, or the system's
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (stats === undefined) return
  if (!stats.isSocket()) throw new Error('there is something else at this path, no socket; move it away, or name another path')
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
