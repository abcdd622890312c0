import { stat } from 'node:fs/promises'
import { readRegular } from '../memory/read-regular.ts'
import { WatchError } from './watch-error.ts'

const KEY_BYTES = 32

/**
 * The key that the edges share, so that one account has one token at all of them; `undefined` for no file.
 * @throws WatchError TALLY_KEY_UNUSABLE
 */
export async function readTallyKey(path: string): Promise<Uint8Array | undefined> {
  if (path === '') return undefined
  const unusable = (reason: string, cause?: unknown): WatchError =>
    new WatchError('TALLY_KEY_UNUSABLE', `Cannot use the key of the edges ${JSON.stringify(path)}: ${reason}`, { cause })
  try {
    const { mode } = await stat(path)
    if ((mode & 0o007) !== 0) throw unusable('everybody on this host may read it; chmod 0640 or less')
    const key = await readRegular(path)
    if (key.length < KEY_BYTES) throw unusable(`it has ${key.length} bytes, at least ${KEY_BYTES} are needed`)
    return key
  } catch (cause) {
    if (cause instanceof WatchError) throw cause
    throw unusable(cause instanceof Error ? cause.message : String(cause), cause)
  }
}
