import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PublicationError } from './publication-error.ts'
import { parseSigningKey, type SigningKey, signingKeyFrom } from './signing-key.ts'

/** Keys that sign while the service runs, one file each (`targets.pem`). */
export const ONLINE_ROLES = ['targets', 'snapshot', 'timestamp'] as const
export type OnlineRole = (typeof ONLINE_ROLES)[number]
export type OnlineKeys = Readonly<Record<OnlineRole, SigningKey>>

/** Root keys made at first, and how many of them must sign. */
export const ROOT_KEYS = { made: 3, threshold: 2 } as const

const OFFLINE_NOTE = `These keys are the root of trust of every edge.

Move root-1.pem, root-2.pem and root-3.pem to three separate offline media, held by three people, and delete them here.
${ROOT_KEYS.threshold} of them are needed to renew root metadata (before it expires) or to replace a lost signing key.
The service never needs them: it runs without this folder.
`

/**
 * Makes all keys below `folder` (folders 0700, files 0600): the online ones, and the root keys in `offline/`.
 * @throws PublicationError ALREADY_INITIALISED
 */
export async function createKeyFiles(folder: string): Promise<{ online: OnlineKeys; root: readonly SigningKey[] }> {
  if (existsSync(folder)) {
    throw new PublicationError('ALREADY_INITIALISED', `Cannot make keys in ${folder}: it is already there`)
  }
  const offline = join(folder, 'offline')
  await mkdir(offline, { recursive: true, mode: 0o700 })
  const make = async (path: string): Promise<SigningKey> => {
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx', flush: true })
    return signingKeyFrom(privateKey, path)
  }
  const root: SigningKey[] = []
  for (let number = 1; number <= ROOT_KEYS.made; number++) root.push(await make(join(offline, `root-${number}.pem`)))
  const online = {
    targets: await make(keyPath(folder, 'targets')),
    snapshot: await make(keyPath(folder, 'snapshot')),
    timestamp: await make(keyPath(folder, 'timestamp')),
  }
  await writeFile(join(offline, 'README.txt'), OFFLINE_NOTE, { mode: 0o600, flag: 'wx', flush: true })
  return { online, root }
}

/** @throws PublicationError KEY_MISSING, KEY_EXPOSED, KEY_UNUSABLE */
export async function readOnlineKeys(folder: string): Promise<OnlineKeys> {
  const [targets, snapshot, timestamp] = await Promise.all([
    readKey(keyPath(folder, 'targets')),
    readKey(keyPath(folder, 'snapshot')),
    readKey(keyPath(folder, 'timestamp')),
  ])
  return { targets, snapshot, timestamp }
}

function keyPath(folder: string, role: OnlineRole): string {
  return join(folder, `${role}.pem`)
}

async function readKey(path: string): Promise<SigningKey> {
  if (!existsSync(path))
    throw new PublicationError('KEY_MISSING', `Cannot sign: there is no ${path}; run control init, or restore it`)
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    throw new PublicationError('KEY_EXPOSED', `Cannot use ${path}: its mode is ${shown}, others can read it; run chmod 600 on it`)
  }
  return parseSigningKey(await readFile(path, 'utf8'), path)
}
