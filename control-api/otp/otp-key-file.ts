import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PublicationError } from '../publication/publication-error.ts'

const KEY_BYTES = 32

/**
 * The secret of one-time codes; made at the first use. Without it the officers' numbers can no longer be read, and their lists must be entered again.
 * @param isNeeded whether anything was sealed with it already: then a new one would only hide the loss
 * @throws PublicationError KEY_MISSING, KEY_EXPOSED, KEY_UNUSABLE
 */
export async function openOtpKey(
  path: string,
  isNeeded: boolean,
  randomBytes: (size: number) => Uint8Array,
): Promise<Uint8Array> {
  const mode = await modeOf(path)
  if (mode === undefined) {
    if (isNeeded)
      throw new PublicationError(
        'KEY_MISSING',
        `Cannot read the numbers of officers: there is no ${path}; restore it from a backup`,
      )
    const key = randomBytes(KEY_BYTES)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, key, { mode: 0o600, flag: 'wx', flush: true })
    return key
  }
  if ((mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    throw new PublicationError('KEY_EXPOSED', `Cannot use ${path}: its mode is ${shown}, others can read it; run chmod 600 on it`)
  }
  const key = await readFile(path)
  if (key.length !== KEY_BYTES)
    throw new PublicationError('KEY_UNUSABLE', `Cannot use ${path}: it holds ${key.length} bytes, not ${KEY_BYTES}`)
  return key
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
