import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Metadata, MetadataKind } from '@tufjs/models'
import { writeDurably } from '../memory/write-durably.ts'
import { TrustError } from './trust-error.ts'

const PINNED = 'pinned-root.json'

/** Where tuf-js keeps what it verified. */
export function metadataFolder(directory: string): string {
  return join(directory, 'metadata')
}

/**
 * Pins the root that enrolment brought; the caller has compared its fingerprint. Verified metadata of an earlier enrolment is forgotten.
 * @throws TrustError METADATA_REFUSED when it is no root metadata signed by itself; MemoryError STATE_UNWRITABLE
 */
export async function pinRoot(directory: string, rootText: string): Promise<void> {
  try {
    const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(rootText))
    root.verifyDelegate(MetadataKind.Root, root)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TrustError('METADATA_REFUSED', `Cannot pin the root metadata: ${reason}`, { cause })
  }
  await rm(metadataFolder(directory), { recursive: true, force: true })
  await writeDurably(join(directory, PINNED), [Buffer.from(rootText)], 0o600)
}

/** Makes sure that tuf-js finds a root to start from. A root that is missing or torn is taken from the pinned one again. @throws TrustError TRUST_STORE */
export async function prepareMetadata(directory: string): Promise<void> {
  const folder = metadataFolder(directory)
  const current = join(folder, 'root.json')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (await isRoot(current)) return
    await copyFile(join(directory, PINNED), current)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TrustError('TRUST_STORE', `Cannot prepare ${JSON.stringify(folder)}: ${reason}`, { cause })
  }
}

async function isRoot(path: string): Promise<boolean> {
  try {
    const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(await readFile(path, 'utf8')))
    root.verifyDelegate(MetadataKind.Root, root)
    return true
  } catch {
    return false // Missing or torn: the pinned root takes its place, and newer ones are fetched again.
  }
}
