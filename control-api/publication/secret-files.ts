import { existsSync } from 'node:fs'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { findGateKeys, formatGateKeys, GATE_KEY_BYTES, type GateKeys } from '../../rules/gate/gate-keys.ts'
import { PublicationError } from './publication-error.ts'

type RandomBytes = (size: number) => Uint8Array

const SECRET_BYTES = 32

/** Keys under which edges know accounts, newest first. @throws PublicationError KEY_MISSING, KEY_EXPOSED, KEY_UNUSABLE */
export async function readGateKeys(path: string): Promise<GateKeys> {
  const keys = findGateKeys(await readSecretText(path))
  if (keys !== undefined) return keys
  throw new PublicationError('KEY_UNUSABLE', `Cannot use ${path}: it holds no gate keys`)
}

/** The same; made at the first use, in a folder of before there were any. @throws PublicationError */
export async function openGateKeys(path: string, randomBytes: RandomBytes): Promise<GateKeys> {
  if (!existsSync(path)) await replaceFile(path, formatGateKeys([randomBytes(GATE_KEY_BYTES)]))
  return readGateKeys(path)
}

/**
 * Makes a new gate key; the one before stays valid beside it until `endGateRotation`. Users entered from now on are known under both.
 * @throws PublicationError KEY_ROTATING where one is under way; KEY_MISSING and others of `readGateKeys`
 */
export async function rotateGateKey(path: string, randomBytes: RandomBytes): Promise<GateKeys> {
  const [current, before] = await readGateKeys(path)
  if (current === undefined || before !== undefined)
    throw new PublicationError('KEY_ROTATING', 'Cannot make another gate key: a rotation is under way; end it first')
  const keys = [randomBytes(GATE_KEY_BYTES), current]
  await replaceFile(path, formatGateKeys(keys))
  return keys
}

/** Forgets the gate key before the newest. @throws PublicationError KEY_ROTATING where there is none */
export async function endGateRotation(path: string): Promise<GateKeys> {
  const [current, before] = await readGateKeys(path)
  if (current === undefined || before === undefined)
    throw new PublicationError('KEY_ROTATING', 'Cannot end a rotation of the gate key: none is under way')
  await replaceFile(path, formatGateKeys([current]))
  return [current]
}

/**
 * The secret under which central tells that two entries are one person; made at the first use.
 * @param isNeeded whether anything was made with it already: a new one would only hide the loss
 * @throws PublicationError KEY_MISSING, KEY_EXPOSED, KEY_UNUSABLE
 */
export async function openUserSecret(path: string, isNeeded: boolean, randomBytes: RandomBytes): Promise<Uint8Array> {
  if (!isNeeded && !existsSync(path)) await replaceFile(path, `${Buffer.from(randomBytes(SECRET_BYTES)).toString('hex')}\n`)
  const [, hex] = /^([0-9a-f]{64})\n$/.exec(await readSecretText(path)) ?? []
  if (hex !== undefined) return Buffer.from(hex, 'hex')
  throw new PublicationError('KEY_UNUSABLE', `Cannot use ${path}: it does not hold ${SECRET_BYTES} bytes in hex`)
}

async function readSecretText(path: string): Promise<string> {
  if (!existsSync(path)) throw new PublicationError('KEY_MISSING', `There is no ${path}; run control init, or restore it`)
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    throw new PublicationError('KEY_EXPOSED', `Cannot use ${path}: its mode is ${shown}, others can read it; run chmod 600 on it`)
  }
  return readFile(path, 'latin1')
}

/** Written beside, synced, renamed: after a power cut the old or the new content, whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.unfinished`
  await using file = await open(beside, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
  await rename(beside, path)
  await using folder = await open(dirname(path), 'r')
  await folder.sync()
}
