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
  return await usable(stateDir, async (path) => (await readFilled(path)) ?? (await makeKey(path)))
}

/** The same for whoever is not `watch`: made here it would be of another user, whose file `watch` cannot read. `undefined` before the first start. @throws WatchError KEY_UNUSABLE */
export async function findMaskingKey(stateDir: string): Promise<Uint8Array | undefined> {
  return await usable(stateDir, readFilled)
}

async function usable<K extends Uint8Array | undefined>(stateDir: string, read: (path: string) => Promise<K>): Promise<K> {
  const path = join(stateDir, 'masking.key')
  try {
    const key = await read(path)
    if (key === undefined || key.length >= KEY_BYTES) return key
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WatchError('KEY_UNUSABLE', `Cannot use the masking key ${JSON.stringify(path)}: ${reason}`, { cause })
  }
  throw new WatchError(
    'KEY_UNUSABLE',
    `Cannot use the masking key ${JSON.stringify(path)}: it has fewer than ${KEY_BYTES} bytes; remove it to have a new one made`,
  )
}

/** An empty one hid nothing yet: a disk was full when it was made. */
async function readFilled(path: string): Promise<Uint8Array | undefined> {
  const found = await readIfThere(path)
  return found === undefined || found.length === 0 ? undefined : found
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
