import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { PublicationError } from './publication-error.ts'

const RETRY_MS = 25

/**
 * Runs `work` while no other process (the service, a command) publishes. The lock is SQLite's own on the file `path`, which the operating
 * system lets go when its holder dies. https://sqlite.org/lockingv3.html
 * @throws PublicationError LOCKED after `timeoutMs`
 */
export async function withPublicationLock<T>(path: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(path)
  try {
    for (let waitedMs = 0; !take(database); waitedMs += RETRY_MS) {
      if (waitedMs >= timeoutMs) {
        throw new PublicationError('LOCKED', `Cannot publish: another process has been publishing for ${timeoutMs} ms; try again`)
      }
      await wait(RETRY_MS)
    }
    return await work()
  } finally {
    database.close()
  }
}

function take(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false
    throw error
  }
}

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5
