import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MemoryError } from '../memory/memory-error.ts'
import { readRegular } from '../memory/read-regular.ts'
import { writeDurably } from '../memory/write-durably.ts'
import type { HandOver } from './hand-over.ts'
import { HandOverError } from './hand-over-error.ts'

/** The agent and the group that it shares with `watch`. */
const FILE_MODE = 0o640

/** Hands over in `folder`, which `systemd/tmpfiles.conf` makes: the agent owns it, its group may read. It is never made here. */
export function createFolderHandOver(folder: string): HandOver {
  return {
    async isThere() {
      try {
        return (await stat(folder)).isDirectory()
      } catch {
        return false // Nobody waits for anything.
      }
    },
    async find(name) {
      try {
        return await readRegular(join(folder, name))
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw unwritable(`Cannot read ${JSON.stringify(join(folder, name))}`, cause)
      }
    },
    async put(name, parts) {
      try {
        await writeDurably(join(folder, name), parts, FILE_MODE)
      } catch (cause) {
        if (!(cause instanceof MemoryError)) throw cause
        throw unwritable(`Cannot hand over ${name}`, cause)
      }
    },
  }
}

function unwritable(words: string, cause: unknown): HandOverError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new HandOverError('HAND_OVER_UNWRITABLE', `${words}: ${reason}`, { cause })
}
