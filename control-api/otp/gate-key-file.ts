import { readFile, writeFile } from 'node:fs/promises'
import { findGateKeys, formatGateKeys, GATE_KEY_BYTES, type GateKeys } from '../../rules/gate/gate-keys.ts'
import { PublicationError } from '../publication/publication-error.ts'

/** Keys under which edges know accounts; made at the first use. @throws PublicationError KEY_UNUSABLE */
export async function openGateKeys(path: string, randomBytes: (size: number) => Uint8Array): Promise<GateKeys> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) {
    const keys = [randomBytes(GATE_KEY_BYTES)]
    await writeFile(path, formatGateKeys(keys), { mode: 0o600, flag: 'wx', flush: true })
    return keys
  }
  const keys = findGateKeys(text)
  if (keys === undefined) throw new PublicationError('KEY_UNUSABLE', `Cannot use ${path}: it holds no gate keys`)
  return keys
}
