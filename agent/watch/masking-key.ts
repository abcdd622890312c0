import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readRegular } from '../memory/read-regular.ts'
import { writeDurably } from '../memory/write-durably.ts'
import { WatchError } from './watch-error.ts'

const KEY_BYTES = 32

/**
 * The key that hides citizen IDs and the persons looked up, from the state folder; made there at the first start, for this user alone.
 * The same key gives the same masked account after a restart.
 * @throws WatchError KEY_UNUSABLE
 */
export async function readMaskingKey(stateDir: string): Promise<Uint8Array> {
  const path = join(stateDir, 'masking.key')
  try {
    const found = await readIfThere(path)
    // An empty one hid nothing yet: a disk was full when it was made.
    const key = found === undefined || found.length === 0 ? await makeKey(path) : found
    if (key.length >= KEY_BYTES) return key
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WatchError('KEY_UNUSABLE', `Cannot use the masking key ${JSON.stringify(path)}: ${reason}`, { cause })
  }
  throw new WatchError(
    'KEY_UNUSABLE',
    `Cannot use the masking key ${JSON.stringify(path)}: it has fewer than ${KEY_BYTES} bytes; remove it to have a new one made`,
  )
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readRegular(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function makeKey(path: string): Promise<Uint8Array> {
  const key = randomBytes(KEY_BYTES)
  await writeDurably(path, [key], 0o600)
  return key
}
